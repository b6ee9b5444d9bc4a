/** The wallet's page. */
import "../styles/base.css";

import { mount } from "svelte";

import { connect, type Backend } from "$lib/backend";
import { storedTheme, useTheme } from "$lib/theme";
import App from "./App.svelte";
import { Session } from "$lib/session.svelte";

async function host(): Promise<Backend> {
  // Only the development server knows the stand-in; a production build drops this branch and its file.
  if (import.meta.env.DEV && new URL(location.href).searchParams.has("fake")) {
    return (await import("$lib/backend/fake")).fakeFromAddress();
  }
  return connect();
}

async function start(): Promise<void> {
  const target = document.getElementById("app");
  if (!target) throw new Error("the page has no #app");
  useTheme(storedTheme());
  const session = new Session(await host());
  mount(App, { target, props: { session } });
  await session.start();
}

void start();
