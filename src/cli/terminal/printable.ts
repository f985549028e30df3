const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Escapes the control characters in text from other users, so that it cannot control the terminal, break the line or
 * change the direction of the text around it.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
