import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { SchedulerPanel } from "./panel";
import type { Area } from "./settings";

const SIDEBAR_RANK = 850;

/** Where the one panel of a JupyterLab window is: a tab made when asked for, or always there in a sidebar. */
export class Place {
  private area: Area = "main";
  private panel: SchedulerPanel | null = null;

  constructor(
    private readonly shell: JupyterFrontEnd["shell"],
    private readonly make: () => SchedulerPanel,
    private readonly made: (panel: SchedulerPanel) => void,
  ) {}

  /** The reader's choice. A panel whose form holds something stays where it is until it is closed. */
  choose(area: Area): void {
    if (area === this.area) return;
    this.area = area;
    if (this.panel?.unsaved) return;
    const shown = this.panel?.isVisible ?? false;
    this.panel?.dispose();
    if (area !== "main") this.put();
    if (shown) this.open();
  }

  /** Bring the panel to the front, and show in it what an address says. */
  open(address = ""): void {
    const panel = this.panel ?? this.put();
    if (address) panel.visit(address);
    this.shell.activateById(panel.id);
  }

  private put(): SchedulerPanel {
    const panel = this.make();
    this.panel = panel;
    panel.disposed.connect(() => {
      if (this.panel === panel) this.panel = null;
    });
    const { area } = this;
    panel.title.closable = area === "main";
    if (area !== "main") panel.title.label = "";
    this.shell.add(panel, area, area === "main" ? {} : { rank: SIDEBAR_RANK });
    if (area === "main") this.made(panel);
    return panel;
  }
}
