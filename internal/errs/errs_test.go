package errs_test

import (
	"errors"
	"fmt"
	"testing"

	"sepiola/internal/errs"
)

func TestKindSurvivesWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk on fire")
	err := fmt.Errorf("save: %w", errs.Wrap(errs.Conflict, cause, "already exists"))
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("kind of a wrapped Conflict: got %v", errs.KindOf(err))
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := errs.As(err).Msg; got != "already exists" {
		t.Errorf("message for anyone: got %q", got)
	}
}

func TestErrorsWithoutKindAreInternal(t *testing.T) {
	t.Parallel()
	if got := errs.KindOf(errors.New("x")); got != errs.Internal {
		t.Errorf("got kind %v, want Internal", got)
	}
	if errs.Is(nil, errs.Internal) {
		t.Error("nil has a kind")
	}
}

func TestFieldsNamesEachField(t *testing.T) {
	t.Parallel()
	err := errs.Fields(errs.Param{Name: "name"}, errs.Param{Name: "tags"})
	if got, want := err.Msg, "Incorrect request parameters: name, tags"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	err = errs.Fields(errs.Param{Name: "ids"}, errs.Param{Name: "tags"}, errs.Param{Name: "ids", Msg: "too many"})
	if got, want := err.Msg, "Incorrect request parameters: ids, tags"; got != want || len(err.Params) != 2 || err.Params[0].Msg != "too many" {
		t.Errorf("wrong in two ways: got %q and %v, want %q", got, err.Params, want)
	}
}
