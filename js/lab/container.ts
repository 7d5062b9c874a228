import { borrow, type ShareScope } from "./share_scope";

/**
 * The module-federation container by which JupyterLab takes a prebuilt extension: it hands over what it shares, then
 * asks for modules by name. No other module here may import JupyterLab's packages before they are borrowed, so the
 * plugins are imported late.
 */
interface Container {
  init(scope: ShareScope): void;
  get(module: string): Promise<() => unknown>;
}

declare global {
  var _JUPYTERLAB: Record<string, Container> | undefined;
}

let shared: ShareScope = {};

const container: Container = {
  init(scope) {
    shared = scope;
  },
  async get(module) {
    if (module === "./style") {
      const { addStyle } = await import("./style");
      return addStyle;
    }
    if (module !== "./extension") throw new Error(`${__NAME__} has no module ${module}`);
    await borrow(shared, __SHARED__);
    const { default: plugins } = await import("./plugins");
    return () => ({ __esModule: true, default: plugins });
  },
};

globalThis._JUPYTERLAB ??= {};
globalThis._JUPYTERLAB[__NAME__] = container;
