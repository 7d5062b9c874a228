/**
 * What this extension uses of JupyterLab 4 and Lumino 2. Their packages are not installed: JupyterLab lends them at
 * run time, and the browser tests hold these few lines to the real ones.
 */

declare module "@lumino/signaling" {
  export interface ISignal<Sender, Args> {
    connect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
    disconnect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
  }

  export class Signal<Sender, Args> implements ISignal<Sender, Args> {
    constructor(sender: Sender);
    static clearData(object: unknown): void;
    connect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
    disconnect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
    emit(args: Args): void;
  }
}

declare module "@lumino/widgets" {
  import type { LabIcon } from "@jupyterlab/ui-components";

  export interface Title {
    label: string;
    caption: string;
    icon: LabIcon | undefined;
    closable: boolean;
  }

  export class Widget {
    constructor(options?: { node?: HTMLElement });
    readonly node: HTMLElement;
    readonly title: Title;
    readonly isDisposed: boolean;
    readonly isAttached: boolean;
    readonly isVisible: boolean;
    readonly disposed: import("@lumino/signaling").ISignal<this, void>;
    id: string;
    addClass(name: string): void;
    show(): void;
    hide(): void;
    update(): void;
    fit(): void;
    activate(): void;
    close(): void;
    dispose(): void;
    protected onActivateRequest(message: unknown): void;
    protected onAfterShow(message: unknown): void;
    protected onAfterAttach(message: unknown): void;
    protected onCloseRequest(message: unknown): void;
  }
}

declare module "@lumino/polling" {
  export class Poll {
    constructor(options: {
      name: string;
      factory: () => Promise<unknown>;
      frequency: { interval: number; backoff: boolean | number; max: number };
      standby: () => boolean;
    });
    frequency: { interval: number; backoff: boolean | number; max: number };
    refresh(): Promise<void>;
    dispose(): void;
  }

  export class Throttler {
    constructor(act: () => unknown, options: { limit: number; edge: "leading" | "trailing" });
    invoke(): Promise<unknown>;
    dispose(): void;
  }
}

declare module "@jupyterlab/ui-components" {
  export class LabIcon {
    constructor(options: { name: string; svgstr: string });
  }
}

declare module "@jupyterlab/coreutils" {
  export const PageConfig: { getBaseUrl(): string };
  export const URLExt: { join(...parts: string[]): string };
}

declare module "@jupyterlab/services" {
  import type { ISignal } from "@lumino/signaling";

  export type ServerSettings = { readonly baseUrl: string };
  export type Emission = { readonly schema_id: string };

  export interface ServiceManager {
    readonly serverSettings: ServerSettings;
    readonly contents: { localPath(path: string): string; driveName(path: string): string };
    readonly events: { readonly stream: ISignal<unknown, Emission> };
  }

  export const ServerConnection: {
    makeRequest(url: string, init: RequestInit, settings: ServerSettings): Promise<Response>;
  };
}

declare module "@jupyterlab/application" {
  import type { ServiceManager } from "@jupyterlab/services";
  import type { LabIcon } from "@jupyterlab/ui-components";
  import type { Widget } from "@lumino/widgets";

  export type Args = Record<string, unknown>;

  export interface CommandOptions {
    label: string;
    caption?: string;
    icon?: LabIcon;
    isEnabled?: (args: Args) => boolean;
    isVisible?: (args: Args) => boolean;
    execute(args: Args): unknown;
    /** What a caller may pass, as a JSON schema: agents and the palette read it. */
    describedBy?: { args: object };
  }

  export interface JupyterFrontEnd {
    readonly commands: {
      addCommand(id: string, options: CommandOptions): void;
      notifyCommandChanged(id: string): void;
      execute(id: string, args?: Args): Promise<unknown>;
    };
    readonly shell: {
      add(widget: Widget, area: string, options?: { rank?: number }): void;
      activateById(id: string): void;
      readonly currentChanged?: import("@lumino/signaling").ISignal<unknown, unknown>;
    };
    readonly serviceManager: ServiceManager;
    readonly restored: Promise<void>;
  }

  /** A dependency by name, and what is given for it; null if it is optional and nobody provides it. */
  export interface Token<T> {
    readonly name: string;
    readonly given?: T;
  }

  export interface JupyterFrontEndPlugin {
    id: string;
    description: string;
    autoStart: boolean;
    optional: Token<unknown>[];
    // biome-ignore lint/suspicious/noExplicitAny: what the tokens stand for, in their order
    activate(app: JupyterFrontEnd, ...services: any[]): void;
  }

  /** JupyterLab's own shell: Notebook 7 has another. */
  export type ILabShell = object;
  export const ILabShell: Token<ILabShell>;
  export interface ILayoutRestorer {
    restore(
      tracker: unknown,
      options: { command: string; args?: (widget: Widget) => Args; name: (widget: Widget) => string },
    ): Promise<unknown>;
    add(widget: Widget, name: string): void;
  }
  export const ILayoutRestorer: Token<ILayoutRestorer>;
}

declare module "@jupyterlab/apputils" {
  import type { Token } from "@jupyterlab/application";
  import type { Widget } from "@lumino/widgets";

  export interface ICommandPalette {
    addItem(item: { command: string; category: string }): unknown;
  }
  export const ICommandPalette: Token<ICommandPalette>;

  export class WidgetTracker<T extends Widget> {
    constructor(options: { namespace: string });
    add(widget: T): Promise<void>;
  }

  export interface DialogButton {
    readonly label: string;
    readonly accept: boolean;
  }
  export const Dialog: {
    okButton(options?: { label: string }): DialogButton;
    cancelButton(options?: { label: string }): DialogButton;
    warnButton(options?: { label: string }): DialogButton;
  };
  export function showDialog(options: {
    title: string;
    body: string;
    buttons: DialogButton[];
  }): Promise<{ button: DialogButton }>;
  export function showErrorMessage(title: string, error: string): Promise<void>;
}

declare module "@jupyterlab/docmanager" {
  import type { Token } from "@jupyterlab/application";

  export interface IDocumentManager {
    openOrReveal(path: string): unknown;
  }
  export const IDocumentManager: Token<IDocumentManager>;
}

declare module "@jupyterlab/filebrowser" {
  import type { Token } from "@jupyterlab/application";

  export interface IFileBrowserFactory {
    readonly tracker: {
      readonly currentWidget: { selectedItems(): Iterable<{ path: string; type: string }> } | null;
    };
  }
  export const IFileBrowserFactory: Token<IFileBrowserFactory>;
}

declare module "@jupyterlab/launcher" {
  import type { Token } from "@jupyterlab/application";

  export interface ILauncher {
    add(item: { command: string; category: string; rank: number }): unknown;
  }
  export const ILauncher: Token<ILauncher>;
}

declare module "@jupyterlab/notebook" {
  import type { Token } from "@jupyterlab/application";
  import type { ISignal } from "@lumino/signaling";

  export interface NotebookPanel {
    readonly context: {
      readonly path: string;
      readonly model: { readonly dirty: boolean; readonly stateChanged: ISignal<unknown, unknown> };
      save(): Promise<void>;
    };
  }
  export interface INotebookTracker {
    readonly currentWidget: NotebookPanel | null;
    readonly currentChanged: ISignal<unknown, unknown>;
    readonly widgetAdded: ISignal<unknown, NotebookPanel>;
    find(fits: (panel: NotebookPanel) => boolean): NotebookPanel | undefined;
    forEach(act: (panel: NotebookPanel) => void): void;
  }
  export const INotebookTracker: Token<INotebookTracker>;
}

declare module "@jupyterlab/settingregistry" {
  import type { Token } from "@jupyterlab/application";
  import type { ISignal } from "@lumino/signaling";

  export interface Settings {
    readonly composite: Record<string, unknown>;
    readonly changed: ISignal<unknown, void>;
  }
  export interface ISettingRegistry {
    load(plugin: string): Promise<Settings>;
  }
  export const ISettingRegistry: Token<ISettingRegistry>;
}

declare module "@jupyterlab/statusbar" {
  import type { Token } from "@jupyterlab/application";
  import type { ISignal } from "@lumino/signaling";
  import type { Widget } from "@lumino/widgets";

  export interface IStatusBar {
    registerStatusItem(
      id: string,
      item: {
        item: Widget;
        align: "left" | "middle" | "right";
        rank: number;
        isActive: () => boolean;
        activeStateChanged: ISignal<unknown, void>;
      },
    ): unknown;
  }
  export const IStatusBar: Token<IStatusBar>;
}

declare module "@jupyterlab/translation" {
  import type { Token } from "@jupyterlab/application";

  export interface Bundle {
    __(text: string, ...values: unknown[]): string;
  }
  export interface ITranslator {
    load(domain: string): Bundle;
  }
  export const ITranslator: Token<ITranslator>;
  export const nullTranslator: ITranslator;
}
