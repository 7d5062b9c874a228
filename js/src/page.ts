import { mountPage } from "./scheduler.js";

/** Starts the standalone page from the settings that the server wrote into it. */
const settings = document.getElementById("scheduler-config")?.textContent;
const host = document.getElementById("scheduler-root");
if (host) mountPage(host, settings ? JSON.parse(settings) : {});
