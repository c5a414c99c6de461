package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// step is one thing that somebody does, and what has to come of it.
type step struct {
	name   string
	needs  []string // steps that have to have gone well before
	expect string
	slow   bool // takes minutes
	// do returns what was seen.
	do func(ctx context.Context, w *world) (seen string, err error)
}

// choose returns the steps to take, in order: those that fit, and those that
// they need.
func choose(steps []step, only *regexp.Regexp, o options) []step {
	wanted := map[string]bool{}
	for _, s := range slices.Backward(steps) {
		if (only.MatchString(s.name) || wanted[s.name]) && (!s.slow || o.slow) {
			wanted[s.name] = true
			for _, need := range s.needs {
				wanted[need] = true
			}
		}
	}
	return slices.DeleteFunc(steps, func(s step) bool { return !wanted[s.name] })
}

// walk takes the steps and returns how many of them failed.
func (w *world) walk(ctx context.Context, steps []step) (failed int) {
	done := map[string]bool{}
	skipped := 0
	for _, s := range steps {
		if ctx.Err() != nil {
			break
		}
		if missing := slices.IndexFunc(s.needs, func(n string) bool { return !done[n] }); missing >= 0 {
			skipped++
			fmt.Printf("\n- %-26s left out: %s did not go well\n", s.name, s.needs[missing])
			continue
		}
		begin := time.Now()
		seen, err := s.do(ctx, w)
		took := time.Since(begin).Round(10 * time.Millisecond)
		mark := "✓"
		if err != nil {
			mark, seen, failed = "✗", err.Error(), failed+1
		}
		fmt.Printf("\n%s %-26s %8s\n    expected  %s\n    seen      %s\n", mark, s.name, took, s.expect, seen)
		w.tellActivities()
		done[s.name] = err == nil
	}
	w.tellActivities()
	fmt.Printf("\n%d steps: %d went well, %d failed, %d left out\n", len(steps), len(steps)-failed-skipped, failed, skipped)
	return failed
}

// errNotYet is what a look returns while something has not arrived.
var errNotYet = errors.New("not yet")

// eventually looks again and again until a look has no error, or patience ends.
func (w *world) eventually(ctx context.Context, look func() (string, error)) (string, error) {
	return w.within(ctx, w.options.patience, look)
}

// within is eventually with a patience of its own.
func (w *world) within(ctx context.Context, patience time.Duration, look func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		seen, err := look()
		if err == nil {
			return seen, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("after %s: %w", patience, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
