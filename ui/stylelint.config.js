// Logical properties only: the screens are right to left first.
export default {
  plugins: ["stylelint-use-logical"],
  overrides: [{ files: ["**/*.svelte"], customSyntax: "postcss-html" }],
  rules: {
    "csstools/use-logical": "always",
    "declaration-property-value-disallowed-list": { "text-align": ["left", "right"], float: ["left", "right"], clear: ["left", "right"] },
    "color-no-invalid-hex": true,
    "declaration-block-no-duplicate-custom-properties": true,
    "property-no-unknown": true,
    "unit-no-unknown": true,
  },
};
