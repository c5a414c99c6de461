// Package errs gives errors a kind, a message that anyone may read, and a
// cause that only the log sees.
//
// A layer that knows why something failed says so with New, Wrap or one of
// the With methods; every other layer only adds context with fmt.Errorf and
// %w. Kinds say what went wrong in the platform's own terms: statuses of HTTP,
// exit codes and retries are decided at the edges (server/rest, job, cmd).
package errs

import (
	"errors"
	"fmt"
	"slices"
)

// Kind says what sort of failure an error is.
type Kind int

// The kinds. Internal is the zero value: an error without a kind is our fault
// and its text is never shown to anyone.
const (
	Internal        Kind = iota
	Invalid              // the input is wrong; asking again unchanged cannot help
	Unauthorized         // who asks is not known
	Forbidden            // who asks may not do this
	NotFound             // it does not exist, or not for who asks
	Conflict             // it contradicts what exists now
	TooLarge             // over a quota or a size limit
	UnsupportedType      // a type of file or body that is not accepted
	Unprocessable        // the right type, but it cannot be read
	TooMany              // a rate limit
	Locked               // somebody else is writing it now
	Gone                 // it existed, and expired or was removed
	Unavailable          // cannot be done now; later it may work
	NotSupported         // this site does not do that
)

// Error is an error with a kind. Fields are set by the constructors and the
// With methods.
type Error struct {
	Kind Kind
	// Msg may be shown to anyone.
	Msg string
	// Code is PeerTube's ServerErrorCode or OAuth2ErrorCode, or empty.
	Code string
	// Params are the fields of the input that are wrong.
	Params []Param
	// Reason says what Msg says in terms that pages have words for.
	Reason Reason
	// OriginURL is where on another site the thing is that is refused here, or
	// empty.
	OriginURL string
	// Cause is for the log only.
	Cause error
}

// Reason is why something failed, to be said in any language: a code of the
// catalogue ("web.reason." follows before it), then the names and values of
// what its text is about. Empty is none.
type Reason []string

// Param is one field of the input that is wrong.
type Param struct {
	Name string
	// Msg says what is wrong; empty means "Invalid value".
	Msg string
	// Reason says what Msg says in terms that pages have words for.
	Reason Reason
	// Value is what came, if it may be repeated to who sent it.
	Value any
	// In is where it came from: "body", "query", "params" or "headers".
	In string
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Msg + ": " + e.Cause.Error()
	}
	return e.Msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// WithCode sets the code that clients act on and returns e.
func (e *Error) WithCode(code string) *Error {
	e.Code = code
	return e
}

// At sets where on another site the thing is that is refused here, and returns
// e.
func (e *Error) At(originURL string) *Error {
	e.OriginURL = originURL
	return e
}

// Because sets the reason and returns e. Values are names and values in turn.
func (e *Error) Because(code string, values ...any) *Error {
	e.Reason = NewReason(code, values...)
	return e
}

// NewReason returns a reason. Values are names and values in turn.
func NewReason(code string, values ...any) Reason {
	r := Reason{code}
	for _, v := range values {
		r = append(r, fmt.Sprint(v))
	}
	return r
}

// New returns an error of kind k with a message that anyone may read.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of kind k with a message that anyone may read and a
// cause for the log.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...), Cause: cause}
}

// Field returns an Invalid error about one field of the input.
func Field(name, format string, args ...any) *Error {
	return Fields(Param{Name: name, Msg: fmt.Sprintf(format, args...)})
}

// Fields returns an Invalid error about several fields of the input, each named
// once: of what is wrong with one, the last is said.
func Fields(params ...Param) *Error {
	e := &Error{Kind: Invalid, Msg: "Incorrect request parameters: "}
	for _, p := range params {
		if i := slices.IndexFunc(e.Params, func(said Param) bool { return said.Name == p.Name }); i >= 0 {
			e.Params[i] = p
			continue
		}
		if len(e.Params) > 0 {
			e.Msg += ", "
		}
		e.Msg += p.Name
		e.Params = append(e.Params, p)
	}
	return e
}

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err has kind k. A nil error has none.
func Is(err error, k Kind) bool {
	return err != nil && KindOf(err) == k
}

// As returns the first Error in err's chain, or nil.
func As(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}
