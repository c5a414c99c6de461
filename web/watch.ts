import '../internal/server/web/player/player'
import '../internal/server/web/watch/watch'
import '../internal/server/web/playlists/times'
