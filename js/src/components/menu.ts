import { fromMarkup, h } from "./dom";
import { type IconName, icon } from "./icons";

export interface MenuItem {
  label: string;
  icon?: IconName;
  run: () => void;
  checked?: boolean;
  danger?: boolean;
  key?: string;
  /** A second, small action at the end of the item. */
  remove?: { label: string; run: () => void };
}

/** Items, or a heading (a string), or a line (null). */
export type MenuEntry = MenuItem | string | null;

let close: (() => void) | null = null;

/** Opens a menu below its button. Arrow keys, Home, End, first letters; Escape gives the focus back. */
export function openMenu(root: HTMLElement, anchor: HTMLElement, entries: MenuEntry[]): void {
  close?.();
  const menu = h("div", { class: "scheduler-menu", role: "menu", popover: "manual", tabindex: -1 });
  for (const entry of entries) menu.append(render(entry));
  (anchor.closest("dialog, .scheduler-main, .scheduler-top") ?? root).append(menu);
  menu.showPopover?.();
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");

  const items = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const shut = (refocus: boolean): void => {
    close = null;
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", dismiss);
    root.removeEventListener("scroll", dismiss, true);
    menu.remove();
    anchor.removeAttribute("aria-expanded");
    if (refocus && anchor.isConnected) anchor.focus({ preventScroll: true });
  };
  const dismiss = (): void => shut(false);
  const outside = (event: Event): void => {
    if (!event.composedPath().includes(menu)) shut(false);
  };
  close = dismiss;
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", dismiss);
  root.addEventListener("scroll", dismiss, true);

  menu.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const item = target.closest<HTMLElement>("[data-at]");
    if (!item) return;
    const entry = entries[Number(item.dataset.at)] as MenuItem;
    shut(true);
    if (target.closest("[data-remove]")) entry.remove?.run();
    else entry.run();
  });
  menu.addEventListener("keydown", (event) => {
    const list = items();
    const at = list.indexOf(document.activeElement as HTMLElement);
    const go = (to: number): void => list[(to + list.length) % list.length]?.focus();
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at < 0 ? -1 : at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Escape" || event.key === "Tab") shut(true);
    else if (event.key === "Delete" && list[at]?.querySelector("[data-remove]")) {
      list[at].querySelector<HTMLElement>("[data-remove]")?.click();
    } else if (/^\S$/.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const after = [...list.slice(at + 1), ...list.slice(0, at + 1)];
      after.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  items()[0]?.focus({ preventScroll: true });

  function render(entry: MenuEntry): HTMLElement {
    if (entry === null) return h("div", { class: "scheduler-menu-line", role: "separator" });
    if (typeof entry === "string")
      return h("div", { class: "scheduler-menu-head", role: "presentation" }, entry);
    const at = entries.indexOf(entry);
    const role = entry.checked === undefined ? "menuitem" : "menuitemcheckbox";
    const item = h("button", {
      type: "button",
      class: "scheduler-menu-item",
      role,
      tabindex: -1,
      "data-at": at,
      "data-danger": entry.danger,
      "aria-checked": entry.checked === undefined ? null : String(entry.checked),
    });
    const mark: IconName | undefined =
      entry.checked === undefined ? entry.icon : entry.checked ? "check" : undefined;
    item.append(mark ? fromMarkup<SVGElement>(icon(mark)) : h("span", { class: "scheduler-icon" }));
    item.append(h("span", { class: "scheduler-menu-label" }, entry.label));
    if (entry.key) item.append(h("kbd", { "aria-hidden": "true" }, entry.key));
    if (entry.remove) {
      const cross = h("span", {
        class: "scheduler-menu-remove",
        "data-remove": true,
        title: entry.remove.label,
      });
      cross.append(fromMarkup<SVGElement>(icon("close")));
      item.append(cross);
    }
    return item;
  }
}

function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.max(8, Math.min(at.right - width, innerWidth - width - 8));
  const below = at.bottom + 4;
  const top = below + height > innerHeight - 8 ? Math.max(8, at.top - height - 4) : below;
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
