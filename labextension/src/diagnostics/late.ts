/** An extension of an editor that is brought only once there is a use for it: most cells never name an installer. */
import { Compartment, type Extension } from '@codemirror/state';
import { type EditorView, ViewPlugin } from '@codemirror/view';

/** The extension that `bring` brings when the text of an editor is `wanted` for the first time. */
export function late(wanted: (source: string) => boolean, bring: () => Promise<Extension>): Extension {
  const place = new Compartment();
  return [
    place.of([]),
    ViewPlugin.define(view => {
      let here = true;
      let brought = false;
      const look = ({ state }: EditorView) => {
        if (brought || !wanted(state.doc.toString())) {
          return;
        }
        brought = true;
        bring().then(
          extension => {
            if (here) {
              view.dispatch({ effects: place.reconfigure(extension) });
            }
          },
          () => {
            brought = false; // it could not be fetched; the next key tries again
          }
        );
      };
      look(view);
      return {
        update: update => {
          if (update.docChanged) {
            look(update.view);
          }
        },
        destroy: () => {
          here = false;
        }
      };
    })
  ];
}
