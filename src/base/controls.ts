/**
 * Characters that nobody is to be shown as they are: a terminal would obey them, XML forbids them, and those of writing direction
 * show text in another order than it has.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be replaced
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text that may go to a terminal. */
export const withoutControls = (text: string): string => text.replace(controls, '\ufffd');
