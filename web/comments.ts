// The comments and ratings of a video.
import '../internal/server/web/comments/comments'
