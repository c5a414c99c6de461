// What every page gets: small improvements of pages that work without them.
import '../internal/server/web/layout/layout'
import '../internal/server/web/layout/dialog'
import '../internal/server/web/pager/pager'
import '../internal/server/web/manage/manage'
