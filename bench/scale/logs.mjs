/** What the files of the published logs hold whose sizes the worlds of the same name have. */
export const publishedLogs = {
  microvideo: { labels: ['is_click'], category: true },
  kuaishou: { labels: ['is_click', 'is_like', 'is_follow'], category: false },
};
