// Waited for by every page; see there.
import '../internal/server/web/layout/reveal'
