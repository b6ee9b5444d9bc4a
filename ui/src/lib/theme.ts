/** Light, dark, or as the phone has it. Kept on this device only; it says nothing about anybody. */
export type Theme = "auto" | "light" | "dark";

const PLACE = "khyber-theme";

export function storedTheme(): Theme {
  const stored = window.localStorage.getItem(PLACE);
  return stored === "light" || stored === "dark" ? stored : "auto";
}

export function useTheme(theme: Theme): void {
  if (theme === "auto") {
    window.localStorage.removeItem(PLACE);
    delete document.documentElement.dataset["theme"];
  } else {
    window.localStorage.setItem(PLACE, theme);
    document.documentElement.dataset["theme"] = theme;
  }
}
