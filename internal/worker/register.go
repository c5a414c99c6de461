package worker

import "sepiola/internal/job"

// Register adds the workers of media and mail to a queue. Call it before the
// queue starts.
func Register(q *job.Queue, m *Media, mail Sender, tasks *Tasks) {
	job.Add(q, &Transcode{Media: m})
	job.Add(q, &Storyboard{Media: m})
	job.Add(q, &MoveFiles{Media: m})
	job.Add(q, &RefreshFiles{Media: m})
	job.Add(q, &RemoveFiles{Files: m.Files})
	job.Add(q, &Email{Sender: mail})
	job.Add(q, tasks)
}
