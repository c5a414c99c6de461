// Mirror puts mirrors of a video into the database of a site that does not run,
// as if other sites had announced them: for tests in a browser, which cannot
// write SQLite.
//
//	go run ./tools/mirror -data DIRECTORY UUID https://mirror.example/directory/ …
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store"
)

func main() {
	data := flag.String("data", "data", "the directory of the site's data")
	flag.Parse()
	if flag.NArg() < 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := put(context.Background(), *data, flag.Arg(0), flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// put has the site itself be who mirrors: it knows no other.
func put(ctx context.Context, data, uuid string, bases []string) error {
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: filepath.Join(data, "sepiola.db")})
	if err != nil {
		return err
	}
	defer db.Close()
	of, err := sqldb.One(ctx, db, sqldb.Value[video.ID], `SELECT id FROM videos WHERE uuid = $1`, uuid)
	if err != nil {
		return err
	}
	site, err := sqldb.One(ctx, db, sqldb.Value[actor.ID], `SELECT MIN(id) FROM actors`)
	if err != nil {
		return err
	}
	now := sqldb.Now()
	for _, base := range bases {
		m := &redundancy.Mirror{URL: base, VideoID: of, ActorID: site, BaseURL: base, CreatedAt: now, UpdatedAt: now}
		if err := (store.Redundancies{DB: db}).Put(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
