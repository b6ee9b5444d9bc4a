/**
 * The key of a loopback page. It comes once, in `?token=` of the page's own address; from then on it lives in this tab
 * only, and the address bar, the history and a copied address do not hold it.
 */
const PLACE = "khyber-token";

/** Takes the token out of the address, or finds the one of an earlier load of this tab. Empty when there is none. */
export function takeToken(): string {
  const address = new URL(window.location.href);
  const given = address.searchParams.get("token");
  if (given === null) return window.sessionStorage.getItem(PLACE) ?? "";
  window.sessionStorage.setItem(PLACE, given);
  address.searchParams.delete("token");
  window.history.replaceState(window.history.state, "", address);
  return given;
}
