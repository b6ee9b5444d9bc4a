// What keeps the layers apart: only lib/backend knows Tauri, features do not know each other, shared code knows neither
// features nor pages.
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

import { readdirSync } from "node:fs";

const tauri = { group: ["@tauri-apps/*"], message: "Only lib/backend talks to Tauri." };
const features = readdirSync(new URL("./src/lib/features", import.meta.url));

export default ts.config(
  { ignores: ["dist/", "src/lib/paraglide/", "node_modules/", "project.inlang/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    // Types are checked by svelte-check, which knows the browser's names.
    rules: { "no-undef": "off", "no-restricted-imports": "off", "@typescript-eslint/no-restricted-imports": ["error", { patterns: [tauri] }] },
  },
  { files: ["src/lib/backend/**"], rules: { "@typescript-eslint/no-restricted-imports": "off" } },
  {
    files: ["src/lib/components/**", "src/lib/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [tauri, { group: ["$lib/features/*", "**/wallet/*", "**/counter/*"], message: "Shared code knows no feature and no page." }] },
      ],
    },
  },
  ...features.map((feature) => ({
    files: [`src/lib/features/${feature}/**`],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            tauri,
            { group: ["$lib/features/*", "**/wallet/*", "**/counter/*"], message: "A feature knows neither another feature nor a page." },
          ],
        },
      ],
    },
  })),
);
