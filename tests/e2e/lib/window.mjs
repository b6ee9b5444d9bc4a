// The wallet's real window through WebDriver, looked at by role and words.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { connect } from "node:net";

import { Builder, By, Capabilities, until } from "selenium-webdriver";

import { setting } from "./stage.mjs";

/** Longest wait for anything in the window; the machine may be busy. */
const WITHIN_MS = 30_000;

export class WalletWindow {
  #driver;
  #session;
  #ended;

  /** Opens the window of a wallet: `stage.window(name)`. */
  static async open({ program, environment }) {
    const opened = new WalletWindow();
    const [port, nativePort] = [await freePort(), await freePort()];
    opened.#driver = spawn(setting("KHYBER_TAURI_DRIVER"), ["--port", String(port), "--native-port", String(nativePort)], {
      env: { ...process.env, ...environment },
      // WebKit talks about cameras that are not there; nobody needs to hear it.
      stdio: "ignore",
    });
    opened.#ended = new Promise((resolve) => opened.#driver.once("exit", resolve));
    await listening(port);
    const capabilities = new Capabilities();
    capabilities.setBrowserName("wry");
    capabilities.set("tauri:options", { application: program });
    opened.#session = await new Builder().withCapabilities(capabilities).usingServer(`http://127.0.0.1:${port}/`).build();
    await opened.#session.manage().setTimeouts({ script: WITHIN_MS });
    return opened;
  }

  async close() {
    await this.#session?.quit().catch(() => undefined);
    this.#driver.kill("SIGTERM");
    await this.#ended;
  }

  /** Waits for a button with these words (or whose words contain them) and presses it. */
  async press(text, { contains = false } = {}) {
    const own = contains ? `contains(normalize-space(.), ${quoted(text)})` : `normalize-space(.)=${quoted(text)}`;
    const button = await this.#find(`//button[${own} or @aria-label=${quoted(text)}]`);
    await this.#session.wait(until.elementIsEnabled(button), WITHIN_MS);
    await button.click();
  }

  /** Waits for a heading. */
  async heading(text) {
    await this.#find(`//h1[normalize-space(.)=${quoted(text)}]`);
  }

  /** Waits for these words anywhere, or for an element that says so of itself (`label`). */
  async says(text, { label = false } = {}) {
    const said = `//body//*[normalize-space(text())=${quoted(text)}]`;
    await this.#find(label ? `${said} | //body//*[@alt=${quoted(text)} or @aria-label=${quoted(text)}]` : said);
  }

  /** Waits for one of several words. */
  async saysOneOf(texts) {
    await this.#find(`//body//*[${texts.map((text) => `normalize-space(.)=${quoted(text)}`).join(" or ")}]`);
  }

  /** Types into a field by its label, in place of what is there. */
  async type(label, text) {
    const field = await this.#find(`//input[@id=//label[normalize-space(.)=${quoted(label)}]/@for]`);
    await field.clear();
    await field.sendKeys(text);
  }

  /** Waits until something holds. */
  until(holds) {
    return this.#session.wait(holds, WITHIN_MS);
  }

  /** Types a PIN on the screen's own keys. */
  async pin(digits) {
    for (const digit of digits) await this.press(digit);
  }

  /** Puts a file into an input by its label. */
  async file(label, path) {
    const input = await this.#session.wait(until.elementLocated(By.xpath(`//input[@type='file' and @aria-label=${quoted(label)}]`)), WITHIN_MS);
    await input.sendKeys(path);
  }

  /** The path of the code that is on the screen. */
  async code(label) {
    const path = await this.#find(`//*[local-name()='svg' and @aria-label=${quoted(label)}]/*[local-name()='path']`);
    return path.getAttribute("d");
  }

  /** Waits until another code is on the screen. */
  async otherCode(label, before) {
    await this.#session.wait(async () => (await this.code(label).catch(() => before)) !== before, WITHIN_MS);
    return this.code(label);
  }

  /** Where the code is in a picture of the window, with a finger's breadth round it. */
  async codeArea(label) {
    const code = await this.#find(`//*[local-name()='svg' and @aria-label=${quoted(label)}]`);
    const { x, y, width, height } = await code.getRect();
    const margin = 8;
    const left = Math.max(0, Math.floor(x - margin));
    const top = Math.max(0, Math.floor(y - margin));
    return { x: left, y: top, width: Math.ceil(x + width) - left, height: Math.ceil(y + height + margin) - top };
  }

  /** The text of an element that says so of itself to a screen reader. */
  async textOf(xpath) {
    return (await this.#find(xpath)).getText();
  }

  /** A picture of the window, after everything was drawn. */
  async picture() {
    await this.script("requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()));");
    return Buffer.from(await this.#session.takeScreenshot(), "base64");
  }

  /** A picture without waiting for the next drawing: for codes that change eight times a second. */
  async glance() {
    return Buffer.from(await this.#session.takeScreenshot(), "base64");
  }

  /** Runs a script in the page; its last argument is the callback. */
  script(body, ...parameters) {
    return this.#session.executeAsyncScript(body, ...parameters);
  }

  /** What the application tells its own screen with the card. */
  home() {
    return this.script("window.__TAURI_INTERNALS__.invoke('home').then(arguments[0], (error) => arguments[0]({ error }));");
  }

  async #find(xpath) {
    const element = await this.#session.wait(until.elementLocated(By.xpath(xpath)), WITHIN_MS, `waited for ${xpath}`);
    return this.#session.wait(until.elementIsVisible(element), WITHIN_MS);
  }
}

/** A text as XPath writes it, whatever quotes are in it. */
function quoted(text) {
  if (!text.includes("'")) return `'${text}'`;
  return `concat(${text.split("'").map((part) => `'${part}'`).join(`, "'", `)})`;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Until somebody listens on a port. */
async function listening(port) {
  const limit = Date.now() + WITHIN_MS;
  while (Date.now() < limit) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nobody listens on port ${port}`);
}
