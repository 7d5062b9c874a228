import { LabIcon } from "@jupyterlab/ui-components";

/** The clock of the launcher, the tab, the toolbar and the settings; it takes the theme's colour. */
export const clockIcon = new LabIcon({
  name: "jupyter-scheduler-ext:clock",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" fill-rule="evenodd" d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm-1 3v5.6l4.2 2.5 1-1.7-3.2-1.9V7Z"/></svg>`,
});
