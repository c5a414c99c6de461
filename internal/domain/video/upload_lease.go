package video

import (
	"context"
	"io"
	"time"

	"sepiola/internal/errs"
)

// uploadLease is the right to write an upload, renewed until stop.
type uploadLease struct {
	upload string
	id     string
	free   bool            // given free in the store
	ctx    context.Context // done when the lease is lost; not with a request
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// hold takes the lease of an upload and renews it. It outlives the request:
// a video that is being made is finished.
func (s *Uploads) hold(ctx context.Context, id string) (*uploadLease, *Upload, error) {
	lease := &uploadLease{upload: id, id: NewUUID(), done: make(chan struct{})}
	now := s.Now()
	up, err := s.Store.Lock(ctx, id, lease.id, now, now.Add(s.leaseTime()))
	if err != nil {
		return nil, nil, err
	}
	lease.ctx, lease.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	go s.renew(lease)
	return lease, up, nil
}

// letGo ends the lease, also in the store unless that is done.
func (s *Uploads) letGo(l *uploadLease) {
	lost := context.Cause(l.ctx) != nil
	l.cancel(nil)
	<-l.done
	if l.free || lost {
		return
	}
	if err := s.Store.Unlock(context.WithoutCancel(l.ctx), l.upload, l.id); err != nil {
		s.Log.Warn("an upload stays locked for some seconds", "err", err, "upload", l.upload)
	}
}

// save writes an upload that l holds.
func (s *Uploads) save(ctx context.Context, l *uploadLease, up *Upload, release bool) error {
	err := s.Store.Save(ctx, up, l.id, release)
	l.free = l.free || err == nil && release
	return err
}

func (s *Uploads) leaseTime() time.Duration {
	if s.LeaseTime > 0 {
		return s.LeaseTime
	}
	return defaultLeaseTime
}

// renew keeps a lease. When the store does not answer it goes on trying until
// the lease may be somebody else's.
func (s *Uploads) renew(l *uploadLease) {
	defer close(l.done)
	tick := time.NewTicker(s.leaseTime() / 3)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		start := time.Now()
		err := s.Store.Renew(l.ctx, l.upload, l.id, s.Now().Add(s.leaseTime()))
		if err == nil {
			last = start
			continue
		}
		if errs.Is(err, errs.Locked) || time.Since(last) > s.leaseTime()*2/3 {
			l.cancel(errs.Wrap(errs.Locked, err, "Somebody else writes this upload now.").WithCode(CodeUploadLocked))
			return
		}
	}
}

// whyLocked explains why an upload could not be locked.
func (s *Uploads) whyLocked(ctx context.Context, id string, err error) error {
	switch errs.KindOf(err) {
	case errs.NotFound:
		return errs.Wrap(errs.NotFound, err, "Not found").WithCode(CodeUploadNotFound)
	case errs.Locked:
		if up, e := s.Store.ByID(ctx, id); e == nil && up.State == UploadProcessing {
			return errs.Wrap(errs.Unavailable, err, "The file is complete and its video is being created. Ask again later.")
		}
		return errs.Wrap(errs.Locked, err, "Another chunk of this file is being written.").WithCode(CodeUploadLocked)
	}
	return err
}

// leaseWriter stops writing as soon as the lease is lost.
type leaseWriter struct {
	lease *uploadLease
	w     io.Writer
}

func (l leaseWriter) Write(p []byte) (int, error) {
	if err := context.Cause(l.lease.ctx); err != nil {
		return 0, err
	}
	return l.w.Write(p)
}
