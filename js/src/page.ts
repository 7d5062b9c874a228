import { mountPage } from "./scheduler.js";

const font = document.querySelector<HTMLLinkElement>("#scheduler-font");
if (font) font.rel = "stylesheet";

/** Starts the standalone page from the settings that the server wrote into it. */
const settings = document.getElementById("scheduler-config")?.textContent;
const host = document.getElementById("scheduler-root");
if (host) mountPage(host, settings ? JSON.parse(settings) : {});
