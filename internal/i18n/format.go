package i18n

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/text/number"
)

// Number writes a whole number with the language's separators. Digits are
// those of 0 to 9 in all languages.
func (l *Locale) Number(n int64) string {
	if n >= 0 && n < 1000 { // most numbers; nothing to separate
		return strconv.FormatInt(n, 10)
	}
	return l.read().printer.Sprint(number.Decimal(n))
}

// powers of ten at which a language may have a short word for numbers, largest
// first: Japanese has one for 10,000, Spanish none for 1,000,000,000.
var powers = []struct {
	key  string
	size int64
}{
	{"number.short.12", 1e12}, {"number.short.9", 1e9}, {"number.short.8", 1e8}, {"number.short.6", 1e6}, {"number.short.4", 1e4}, {"number.short.3", 1e3},
}

// Compact writes a large number short ("12K" in English), by those of the
// texts number.short.3 to number.short.12 that the language has.
func (l *Locale) Compact(n int64) string {
	texts := l.read().texts
	for _, p := range powers {
		t, ok := texts[p.key]
		if !ok || n < p.size {
			continue
		}
		s := t.other
		if x := n / p.size; x >= 10 || n%p.size < p.size/10 { // without a fraction
			s = t.form(l.category(x))
		}
		return l.fill(s, []any{"x", l.short(float64(n) / float64(p.size))})
	}
	return l.Number(n)
}

// short keeps a digit after the point for numbers below ten. It rounds down:
// 9,999 is not yet 10 thousand.
func (l *Locale) short(x float64) string {
	if x >= 10 {
		return l.Number(int64(x))
	}
	return l.read().printer.Sprint(number.Decimal(float64(int64(x*10))/10, number.MaxFractionDigits(1)))
}

// Bytes writes a size with binary units, as file managers show it.
func (l *Locale) Bytes(n int64) string {
	units := []string{"size.bytes", "size.kib", "size.mib", "size.gib", "size.tib"}
	x, i := float64(n), 0
	for x >= 1024 && i < len(units)-1 {
		x, i = x/1024, i+1
	}
	return l.T(units[i], "x", l.short(x))
}

// Duration writes seconds as a clock: 1:02:03.
func (l *Locale) Duration(seconds int) string {
	seconds = max(seconds, 0)
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}

// Date writes a day: "21 November 2026", in the order of the text date.long.
func (l *Locale) Date(t time.Time) string {
	return l.T("date.long",
		"day", strconv.Itoa(t.Day()), "month", l.T("date.month."+strconv.Itoa(int(t.Month()))), "year", strconv.Itoa(t.Year()))
}

// DateTime writes a day and a time of it, in UTC: nobody knows here where the
// reader is.
func (l *Locale) DateTime(t time.Time) string {
	t = t.UTC()
	return l.T("date.time", "date", l.Date(t), "time", t.Format("15:04")+" UTC")
}

const day = 24 * time.Hour

// agoUnits are those that Ago counts in, largest first.
var agoUnits = []struct {
	size time.Duration
	key  string
}{
	{365 * day, "ago.years"},
	{30 * day, "ago.months"},
	{7 * day, "ago.weeks"},
	{day, "ago.days"},
	{time.Hour, "ago.hours"},
	{time.Minute, "ago.minutes"},
}

// Ago writes how long before now something was, in the largest unit.
func (l *Locale) Ago(t, now time.Time) string {
	d := now.Sub(t)
	for _, unit := range agoUnits {
		if d >= unit.size {
			return l.N(unit.key, int64(d/unit.size))
		}
	}
	return l.T("ago.now")
}

// AgoUntil is until when Ago says of t what it says now.
func AgoUntil(t, now time.Time) time.Time {
	d, until := now.Sub(t), time.Duration(0)
	for _, unit := range agoUnits {
		if d >= unit.size {
			next := d - d%unit.size + unit.size
			if until == 0 || next < until {
				until = next
			}
			break
		}
		until = unit.size // the next larger one begins
	}
	return t.Add(until)
}
