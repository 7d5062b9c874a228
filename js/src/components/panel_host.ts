import Alpine from "@alpinejs/csp";
import type { Panels } from "../panels";
import type { App } from "./app";
import { inert } from "./dom";
import { HeldKeys } from "./held_keys";

/** Loads the sheets and dialogs when the first of them is asked for, and calls them. */
export class PanelHost {
  /** They are there: `app.ui` has them by their names. */
  ready = false;
  readonly held: HeldKeys;
  private installing: Promise<Panels> | undefined;

  constructor(private readonly app: App) {
    this.held = new HeldKeys(app.root);
    inert(this);
  }

  /** Call a method of one of them. What is typed meanwhile goes to the field that then has the focus. */
  call<K extends keyof Panels>(name: K, method: keyof Panels[K] & string, given: unknown[]): void {
    this.held.hold();
    void this.panels()
      .then(
        (panels) =>
          void (panels[name] as unknown as Record<string, (...given: unknown[]) => unknown>)[method]?.(
            ...given,
          ),
        (error: unknown) => this.app.fail(this.app.words.loadFailedPart, error),
      )
      .finally(() => this.app.ui.focusLater(() => this.releaseKeys()));
  }

  private panels(): Promise<Panels> {
    this.installing ??= this.install().catch((error: unknown) => {
      this.installing = undefined;
      throw error;
    });
    return this.installing;
  }

  private async install(): Promise<Panels> {
    const { app } = this;
    const { makePanels } = await app.importPanels();
    const { panels, markup } = makePanels(app);
    Object.assign(app.ui, panels);
    this.ready = true;
    const added = [...markup.children] as HTMLElement[];
    app.root.append(markup);
    for (const element of added) Alpine.initTree(element);
    // Through the root, so that what they change is seen.
    return app.ui as unknown as Panels;
  }

  /** One frame after what was opened has taken the focus. */
  private releaseKeys(): null {
    requestAnimationFrame(() => this.held.release());
    return null;
  }
}
