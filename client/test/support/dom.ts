import { Window } from 'happy-dom';

/** The part of an element of a document that tests use. */
export type PageElement = Element & { readonly textContent: string | null };

const NAMES = ['window', 'document', 'navigator', 'IS_REACT_ACT_ENVIRONMENT'] as const;

/** Gives React a document until `close` is called. React must be imported afterwards. */
export function openDocument(): {
  readonly newElement: () => PageElement;
  readonly close: () => void;
} {
  const window = new Window();
  const { document, navigator } = window;
  const values = { window, document, navigator, IS_REACT_ACT_ENVIRONMENT: true };
  // Newer versions of Node.js have a navigator.
  const missing = NAMES.filter((name) => !(name in globalThis));
  for (const name of missing) {
    Object.defineProperty(globalThis, name, { value: values[name], configurable: true });
  }
  return {
    newElement: () => document.createElement('div'),
    close: () => {
      for (const name of missing) Reflect.deleteProperty(globalThis, name);
      void window.happyDOM.close();
    },
  };
}
