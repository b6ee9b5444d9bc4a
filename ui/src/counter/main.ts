/** The counter's page: the program that serves it is on this machine. */
import "../styles/base.css";

import { mount } from "svelte";

import { useLanguage } from "$lib/i18n.svelte";
import App from "./App.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
useLanguage("en");
export default mount(App, { target });
