const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Text of somebody else, so that it cannot paint the terminal, break the line or turn the text around it. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
