// What the page of a playlist's order gets.
import '../internal/server/web/playlists/playlists'
