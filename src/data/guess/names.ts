/**
 * How the field's logs name their columns: KuaiRand, KuaiRec, MicroVideo, MicroLens, RecBole's atomic files, and the
 * usual data sets beyond micro-video. Likeliest first; written without case and signs, as `plainName` makes them.
 */
export const vocabulary = {
  user: [
    ...['userid', 'uid', 'user', 'userindex', 'useridx', 'visitorid', 'viewerid', 'customerid', 'memberid'],
    ...['accountid', 'reviewerid', 'profileid', 'participantid', 'subjectid', 'deviceid', 'u'],
  ],
  item: [
    ...['itemid', 'iid', 'videoid', 'vid', 'photoid', 'pid', 'microvideoid', 'item', 'video', 'itemindex'],
    ...['itemidx', 'movieid', 'feedid', 'noteid', 'clipid', 'contentid', 'awemeid', 'postid', 'articleid'],
    ...['newsid', 'trackid', 'songid', 'productid', 'asin', 'parentasin', 'photo', 'movie', 'i'],
  ],
  time: [
    ...['timems', 'timestampms', 'timestamp', 'time', 'ts', 'unixtimestamp', 'unixtime', 'eventtime'],
    ...['eventtimestamp', 'requesttime', 'exposetime', 'clicktime', 'starttime', 'start', 'watchtimestamp'],
    ...['unixreviewtime', 'createdat', 'createtime', 'datetime', 'date', 'day', 't'],
  ],
  /** What a user did or did not, the likeliest target first. */
  label: [
    ...['isclick', 'click', 'clicked', 'label', 'islike', 'like', 'liked', 'isfinish', 'finish', 'finished'],
    ...['longview', 'effectiveview', 'validplay', 'isfollow', 'follow', 'followed', 'iscomment', 'comment'],
    ...['isforward', 'forward', 'isshare', 'share', 'iscollect', 'collect', 'favorite', 'favourite'],
    ...[
      'isfavorite',
      'thumbsup',
      'download',
      'purchase',
      'buy',
      'isprofileenter',
      'ishate',
      'hate',
      'dislike',
    ],
    ...['target', 'y', 'positive', 'ispositive', 'watched', 'viewed'],
  ],
  rating: ['rating', 'ratings', 'score', 'stars', 'overall', 'rate'],
  /** How long a video was watched. */
  played: [
    ...['playtimems', 'playingtime', 'playingtimems', 'playtime', 'playduration', 'playdurationms'],
    ...[
      'watchtime',
      'watchtimems',
      'watchduration',
      'watchingtime',
      'viewtime',
      'viewingtime',
      'viewduration',
    ],
    ...['dwelltime', 'playms', 'watchms', 'playseconds', 'watchseconds', 'staytime'],
  ],
  /** How long a video is. */
  duration: [
    ...['durationms', 'videodurationms', 'duration', 'videoduration', 'durationtime', 'videolength'],
    ...['itemduration', 'durationseconds'],
  ],
  ratio: ['watchratio', 'playratio', 'completionrate', 'finishrate', 'playrate'],
  part: ['split', 'xlabel', 'part', 'set', 'subset', 'fold', 'phase', 'datasplit', 'partition', 'splitlabel'],
  /** Groups of items that may have nearly as many values as there are items. */
  group: [
    'authorid',
    'author',
    'musicid',
    'music',
    'creatorid',
    'creator',
    'uploaderid',
    'channelid',
    'artistid',
  ],
  history: [
    ...[
      'clickeditems',
      'positems',
      'negitems',
      'history',
      'userhistory',
      'itemseq',
      'itemsequence',
      'sequence',
    ],
    ...['clickhistory', 'hist', 'itemidlist'],
  ],
} as const satisfies Record<string, readonly string[]>;

export type Meaning = keyof typeof vocabulary;

/** `user_id:token`, `userId` and `USER-ID` are all `userid`. */
export function plainName(name: string): string {
  return withoutType(name)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** RecBole's atomic files write the type of a column behind its name. */
export function withoutType(name: string): string {
  return name.replace(/:(token|float)(_seq)?$/, '');
}

/** Place of a name among those that mean something, 0 the likeliest; -1 where it is none of them. */
export function rankOf(name: string, meaning: Meaning): number {
  return (vocabulary[meaning] as readonly string[]).indexOf(plainName(name));
}

/** What a name is likeliest to mean, or null. */
export function meaningOf(name: string): Meaning | null {
  const meanings = Object.keys(vocabulary) as Meaning[];
  return meanings.find((meaning) => rankOf(name, meaning) >= 0) ?? null;
}

/** A column of seconds or milliseconds that somebody stayed somewhere. */
export function isStay(name: string): boolean {
  return /(stay|dwell)time(ms)?$/.test(plainName(name));
}
