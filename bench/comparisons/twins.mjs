/** A row of ours against ours without the native kernels: every kernel has to be worth its C++. */
export const againstTwins = (row) => ({
  ...row,
  name: `${row.name}-kernels`,
  ours: { ...row.ours, settings: { ...row.ours.settings, kernels: true } },
  against: 'ours without kernels',
  theirs: { ...row.ours, settings: { ...row.ours.settings, kernels: false } },
});
