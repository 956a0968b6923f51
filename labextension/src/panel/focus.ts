/**
 * Where the keyboard is, in a part of the page that is drawn anew.
 *
 * A button that has done its work goes away, and the focus would go to the page's beginning with it: what is nearest round
 * it and can have the focus gets it instead, the line of a fold or the part as a whole.
 */

/** Keeps the focus inside as long as it was there; what is returned ends it. */
export function keepFocus(root: HTMLElement): () => void {
  let path: Element[] = []; // what has the focus, and all round it
  root.tabIndex = -1;
  const gone = () => path.length > 0 && !path[0].isConnected;
  const came = ({ target }: FocusEvent) => {
    path = [];
    for (let each = target as Element | null; each && each !== root; each = each.parentElement) {
      path.push(each);
    }
  };
  const left = () =>
    queueMicrotask(() => {
      if (!gone() && !root.contains(document.activeElement)) {
        path = []; // it has been taken elsewhere, which is no loss
      }
    });
  const observer = new MutationObserver(() => {
    if (!gone()) {
      return;
    }
    const lost = document.activeElement === null || document.activeElement === document.body;
    const rest = path.filter(each => each.isConnected);
    path = [];
    if (lost && root.isConnected) {
      (rest.map(stop).find(each => each !== null) ?? root).focus();
    }
  });
  root.addEventListener('focusin', came);
  root.addEventListener('focusout', left);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener('focusin', came);
    root.removeEventListener('focusout', left);
    observer.disconnect();
  };
}

function stop(element: Element): HTMLElement | null {
  return element instanceof HTMLDetailsElement ? element.querySelector('summary') : null;
}
