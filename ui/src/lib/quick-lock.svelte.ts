/** The lock at hand: on every open screen, and nowhere else. The wallet's frame puts it here while its vault is open. */
class QuickLock {
  lock = $state<(() => void) | null>(null);
}

export const quickLock = new QuickLock();
