/** JupyterLab and Notebook say in the page where their server is. */
export function jupyterConfig(): { baseUrl: string; token: string } | null {
  const element = document.getElementById("jupyter-config-data");
  if (!element?.textContent) return null;
  try {
    const config = JSON.parse(element.textContent) as { baseUrl?: string; token?: string };
    return config.baseUrl ? { baseUrl: config.baseUrl, token: config.token ?? "" } : null;
  } catch {
    return null;
  }
}
