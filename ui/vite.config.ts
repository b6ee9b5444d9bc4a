// Two pages from one tree: `--mode wallet` writes dist/wallet, `--mode counter` writes dist/counter, each with its own
// index.html and relative addresses, so that a folder works at the root of a loopback server and inside the Tauri window.
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const pages = { wallet: "index.html", counter: "counter.html" } as const;

/** Every page is served as `index.html` of its own folder, whatever its source is called. */
function servedAsIndex(page: string): Plugin {
  return {
    name: "served-as-index",
    enforce: "post",
    generateBundle(_options, bundle) {
      const html = bundle[page];
      if (page === "index.html" || html?.type !== "asset") return;
      Reflect.deleteProperty(bundle, page);
      this.emitFile({ type: "asset", fileName: "index.html", source: html.source });
    },
  };
}

export default defineConfig(({ mode, command }) => {
  const name = mode === "counter" ? "counter" : "wallet";
  const page = pages[name];
  return {
    base: "./",
    plugins: [
      // Builds and tests use the texts that `npm run i18n` compiled; only the development server watches them.
      command === "serve" &&
        process.env["VITEST"] === undefined &&
        paraglideVitePlugin({
          project: "./project.inlang",
          outdir: "./src/lib/paraglide",
          strategy: ["globalVariable", "baseLocale"],
          outputStructure: "locale-modules",
        }),
      svelte(),
      svelteTesting(),
      servedAsIndex(page),
    ],
    resolve: {
      alias: {
        $lib: decodeURIComponent(new URL("./src/lib", import.meta.url).pathname),
        $assets: decodeURIComponent(new URL("../assets", import.meta.url).pathname),
      },
    },
    server: { fs: { allow: [".", "../assets"] } },
    build: {
      outDir: `dist/${name}`,
      emptyOutDir: true,
      target: ["es2022", "safari16", "chrome109"],
      // Fonts stay files: the policy of both hosts allows fonts from 'self' only.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rollupOptions: { input: page },
    },
    test: {
      environment: "jsdom",
      // Styles are not loaded in tests, but for the one file that the contrast test reads.
      css: { include: [/tokens\.css/] },
      include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
    },
  };
});
