// What every page gets: small improvements of pages that work without them.
import '../internal/server/web/layout/layout'
import '../internal/server/web/layout/dialog'
import '../internal/server/web/pager/pager'
import '../internal/server/web/manage/manage'
import '../internal/server/web/manage/choices'
import '../internal/server/web/bell/bell'
import '../internal/server/web/subscriptions/subscribe'
import '../internal/server/web/search/suggest'
