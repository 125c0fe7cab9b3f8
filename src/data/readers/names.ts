/** Readers of formats that are no tables, by the name that a card gives. */
export const readerNames = ['kuaishou-pickle', 'eeg-svrec-json'] as const;

export type ReaderName = (typeof readerNames)[number];
