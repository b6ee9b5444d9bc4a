// What a page tells of the network.
import { afterEach, expect, test, vi } from "vitest";

import { networkNow, onNetworkChange } from "./network";

afterEach(() => vi.unstubAllGlobals());

function connected(connection: unknown): void {
  vi.stubGlobal("navigator", { connection });
}

test.each([
  [undefined, false],
  [{ type: "wifi" }, false],
  [{ type: "cellular" }, true],
  [{ type: "wifi", saveData: true }, true],
  [{ effectiveType: "2g" }, false],
])("a network of which is known %o is metered: %s", (connection, metered) => {
  connected(connection);
  expect(networkNow()).toEqual({ metered, background: false });
});

test("another network is told until nobody listens any more", () => {
  const connection = new EventTarget();
  connected(connection);
  const call = vi.fn();
  const leave = onNetworkChange(call);
  connection.dispatchEvent(new Event("change"));
  leave();
  connection.dispatchEvent(new Event("change"));
  expect(call).toHaveBeenCalledOnce();
});
