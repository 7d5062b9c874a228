import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** A chunk of its own, loaded when a code field is first shown. */

export interface CodeEditor {
  /** Show another text; what was done to the one before cannot be undone in it. */
  set(text: string): void;
  focus(): void;
  destroy(): void;
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--scheduler-hl-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--scheduler-hl-string)" },
  { tag: tags.comment, color: "var(--scheduler-ink-soft)", fontStyle: "italic" },
  { tag: tags.number, color: "var(--scheduler-hl-number)" },
]);

const theme = EditorView.theme({
  "&": { fontSize: "12.5px", color: "var(--scheduler-ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--scheduler-mono)",
    lineHeight: "1.6",
    minHeight: "96px",
    maxHeight: "320px",
  },
  ".cm-content": { caretColor: "var(--scheduler-ink)", padding: "6px 0" },
  ".cm-gutters": { background: "transparent", border: "none", color: "var(--scheduler-ink-soft)" },
});

export function createCodeEditor(
  host: HTMLElement,
  options: { text: string; label: string; onChange: (text: string) => void },
): CodeEditor {
  // In a shadow root the editor's styles are adopted sheets, which a strict content security policy allows.
  const root = host.attachShadow({ mode: "open", delegatesFocus: true });
  const extensions = [
    lineNumbers(),
    history(),
    indentOnInput(),
    bracketMatching(),
    python(),
    syntaxHighlighting(colours),
    theme,
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": options.label }),
    keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onChange(update.state.doc.toString());
    }),
  ];
  const stateOf = (doc: string): EditorState => EditorState.create({ doc, extensions });
  const view = new EditorView({ parent: root, root, state: stateOf(options.text) });
  return {
    set: (text) => {
      if (text !== view.state.doc.toString()) view.setState(stateOf(text));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
