import type { App } from "./components/app";
import { Backfill } from "./components/backfill";
import { Bulk } from "./components/bulk";
import { drawCalendar } from "./components/calendar";
import { Editor } from "./components/editor";
import { Inspector } from "./components/inspector";
import { Palette } from "./components/palette";
import { dressPanels } from "./components/panel_styles";
import { fillRowDetail } from "./components/row_detail";
import { RunForm } from "./components/run_form";
import { Templates } from "./components/templates";
import { drawTimeline } from "./components/timeline";
import { TokenBox } from "./components/token_box";
import { Transfer } from "./components/transfer";
import { dialogsTemplate } from "./templates/dialogs";
import { editorTemplate } from "./templates/editor";
import { inspectorTemplate } from "./templates/inspector";
import { prefixDirectives } from "./templates/markup";

/**
 * Everything that is not on the first screen: sheets, dialogs, palette, open rows, timeline and calendar. A bundle
 * of its own, loaded when the first of them is asked for; it gets what it shares with the core through `app`.
 */
export interface Panels {
  editor: Editor;
  inspector: Inspector;
  runForm: RunForm;
  token: TokenBox;
  bulk: Bulk;
  palette: Palette;
  transfer: Transfer;
  templates: Templates;
  shortcuts: Shortcuts;
  backfill: Backfill;
}

export { drawCalendar, drawTimeline, dressPanels, fillRowDetail };

class Shortcuts {
  open = false;

  show(): void {
    this.open = true;
  }

  close(): void {
    this.open = false;
  }
}

/** The components, and their markup ready for Alpine. */
export function makePanels(app: App): { panels: Panels; markup: DocumentFragment } {
  const { words } = app;
  const template = document.createElement("template");
  template.innerHTML = editorTemplate(words) + inspectorTemplate(words) + dialogsTemplate(words);
  prefixDirectives(template.content);
  const panels: Panels = {
    editor: new Editor(app),
    inspector: new Inspector(app),
    runForm: new RunForm(app),
    token: new TokenBox(app),
    bulk: new Bulk(app),
    palette: new Palette(app),
    transfer: new Transfer(app),
    templates: new Templates(app),
    shortcuts: new Shortcuts(),
    backfill: new Backfill(app),
  };
  return { panels, markup: template.content };
}
