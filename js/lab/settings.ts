import type { ISettingRegistry } from "@jupyterlab/settingregistry";

export type Area = "main" | "left" | "right";

export interface SchedulerSettings {
  openIn: Area;
  statusBar: boolean;
  /** Seconds. */
  statusInterval: number;
}

export const PLUGIN = "jupyter-scheduler-ext:plugin";
const DEFAULTS: SchedulerSettings = { openIn: "main", statusBar: true, statusInterval: 30 };

/** Tells the settings, now and at every change. Where there are none, or they cannot be read, the defaults. */
export async function followSettings(
  registry: ISettingRegistry | null,
  tell: (settings: SchedulerSettings) => void,
): Promise<void> {
  try {
    const settings = await registry?.load(PLUGIN);
    const read = (): void => tell({ ...DEFAULTS, ...(settings?.composite as Partial<SchedulerSettings>) });
    settings?.changed.connect(read);
    read();
  } catch (error) {
    console.warn("The scheduler's settings cannot be read", error);
    tell(DEFAULTS);
  }
}
