package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Exit codes, those of BSD's sysexits.h, so that whoever starts the program
// can tell what is worth trying again.
const (
	ExitUsage       = 64 // the command line is wrong
	ExitInput       = 65 // what was asked for cannot be: no such user, a short password
	ExitUnavailable = 69 // something else does not answer, or has the port
	ExitInternal    = 70 // a fault of this program
	ExitCannotWrite = 73 // no right to write, or no space
	ExitBusy        = 75 // another process has the database
	ExitConfig      = 78 // the settings are wrong
)

// Explain turns an error of a command into words that tell a person what to
// do, and an exit code.
func Explain(err error) (message string, code int) {
	var path *fs.PathError
	var listen *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program already listens there (" + err.Error() + "): stop it, or choose another address with --listen", ExitUnavailable
	case errors.As(err, &listen) && listen.Op == "listen" && errors.Is(err, syscall.EACCES):
		return "not allowed to listen there (" + err.Error() + "): ports below 1024 need the capability CAP_NET_BIND_SERVICE", ExitCannotWrite
	case errors.As(err, &listen) && listen.Op == "listen":
		return "cannot listen there (" + err.Error() + "): choose an address of this machine with --listen", ExitUnavailable
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full (" + err.Error() + "): make room, or choose another directory with --data", ExitCannotWrite
	case errors.As(err, &path) && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)):
		return "cannot use " + path.Path + " (" + path.Err.Error() + "): give it to the user that sepiola runs as, or choose another directory with --data", ExitCannotWrite
	}
	return explainKind(err)
}

// explainKind goes by the kind of err, and lists the fields that are wrong.
func explainKind(err error) (message string, code int) {
	if e := errs.As(err); e != nil && len(e.Params) > 0 {
		var lines []string
		for _, p := range e.Params {
			lines = append(lines, p.Name+": "+cmp.Or(p.Msg, expected(p.Name), "this value cannot be taken"))
		}
		return strings.Join(lines, "; "), ExitInput
	}
	switch errs.KindOf(err) {
	case errs.Internal:
		return err.Error(), ExitInternal
	case errs.Conflict, errs.Locked:
		return err.Error(), ExitBusy
	case errs.Unavailable:
		return err.Error(), ExitUnavailable
	default:
		return err.Error(), ExitInput
	}
}

// expected says what a field of a user has to be, where PeerTube's API, whose
// words errors have, says no more than "Invalid value".
func expected(field string) string {
	switch field {
	case "email":
		return "expected an address such as name@example.org"
	case "password":
		return fmt.Sprintf("expected as many characters as user.password_constraints.min_length says (8 unless that was changed), and %d at most", user.MaxPassword)
	}
	return ""
}
