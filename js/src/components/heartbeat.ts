/**
 * Calls `act` every `ms` while the page is seen. A hidden page sets no timer, and calls at once when it is seen again.
 * Returns the way to stop.
 */
export function whileSeen(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const turn = (): void => {
    clearInterval(timer);
    if (!document.hidden) timer = setInterval(act, ms);
  };
  const shownOrHidden = (): void => {
    turn();
    if (!document.hidden) act();
  };
  document.addEventListener("visibilitychange", shownOrHidden);
  turn();
  return () => {
    document.removeEventListener("visibilitychange", shownOrHidden);
    clearInterval(timer);
  };
}
