// What is wrong in p2p-media-loader-core 2.2.2, and is mended when the scripts
// are built. A newer version would name swarms otherwise than PeerTube's
// players do, and viewers would not meet.

/** Pieces of the library's text, each of which is there once, and what they become. */
const mends = [
  // It forgets how long a segment is when a peer sent wrong bytes of it, and then takes no answer of
  // the site for the right one: the video stops. The length is known from the playlist.
  ['this._totalBytes = void 0;', '{ const r = this.segment.byteRange; this._totalBytes = r ? r.end - r.start + 1 : void 0; }'],
  // When a segment has come it tells the others twice in one moment: before it is kept, which is
  // sent, and after, which is not. They learn of it with the next one, and fetch it from the site.
  // What is told is now looked up when it is sent.
  ['const { loaded, httpLoading } = this.getSegmentsAnnouncement();\n    this.sendSegmentsAnnouncement(loaded, httpLoading);', 'this.sendSegmentsAnnouncement();'],
  ['queueMicrotask(() => {\n      for (const peer of this.trackerClient.peers()) {', `queueMicrotask(() => {
      if (!loaded) ({ loaded, httpLoading } = this.getSegmentsAnnouncement());
      for (const peer of this.trackerClient.peers()) {`],
  // Who prepares a request can neither fetch the segment itself, which other sites may have, nor let
  // the time begin anew in which the site has to answer: it is handed what fetches the segment, and
  // says by true that it is there.
  ['this.requestByteRange\n      );\n      if (!request) {', `this.requestByteRange,
        this
      );
      if (request === true) return this.requestControls.completeOnSuccess();
      this.requestControls.firstBytesReceived();
      if (!request) {`],
  // It comes back to a tracker that was away after up to five minutes, in which new viewers do not
  // find those who are there.
  ['const RECONNECT_VARIANCE = 5 * 60 * 1e3;', 'const RECONNECT_VARIANCE = 20 * 1e3;'],
  ['const RECONNECT_MINIMUM = 10 * 1e3;', 'const RECONNECT_MINIMUM = 2 * 1e3;'],
  ['const RECONNECT_MAXIMUM = 60 * 60 * 1e3;', 'const RECONNECT_MAXIMUM = 5 * 60 * 1e3;']
]

/** Mends the text of the library, or throws when it is another than the one that is known. */
export function mend (text) {
  for (const [from, to] of mends) {
    const parts = text.split(from)
    if (parts.length !== 2) throw new Error('p2p-media-loader-core is another than the one that is mended here')
    text = parts.join(to)
  }
  return text
}
