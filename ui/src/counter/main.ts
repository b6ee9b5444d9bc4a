/** The counter's page: the program that serves it is on this machine. */
import "../styles/base.css";

import { mount } from "svelte";

import { takeToken } from "$lib/backend/token";
import { storedTheme, useTheme } from "$lib/theme";
import { counterApi } from "./api";
import App from "./App.svelte";
import Citizen from "./Citizen.svelte";
import { Desk } from "./desk.svelte";
import { useDeskLanguage } from "./language";

async function start(): Promise<void> {
  const target = document.getElementById("app");
  if (!target) throw new Error("the page has no #app");
  useTheme(storedTheme());
  useDeskLanguage();
  const api = counterApi(takeToken());
  if (window.location.pathname === "/citizen") {
    mount(Citizen, { target, props: { api } });
    return;
  }
  const desk = new Desk(api, Date.now());
  mount(App, { target, props: { desk } });
  await desk.start();
}

void start();
