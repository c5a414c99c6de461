// Command sepiola is a video site in one program: "sepiola serve" starts it,
// the other commands look after it.
//
// Each command is a struct with its flags and a Run method, in a file of its
// own. Settings are read in settings.go; what goes wrong is turned into words
// and an exit code here, at one place.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"sepiola/internal/app"
)

// version is set by the linker; see the Makefile.
var version = "dev"

// cli is the command line.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Start the site."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to this version, and stop. Serve does it too."`
	User       userCmd       `cmd:"" help:"Make, list and help users."`
	Federation federationCmd `cmd:"" help:"Look after what other sites know this one by."`
	Index      indexCmd      `cmd:"" help:"Serve a public list of sites."`
	Config     configCmd     `cmd:"" help:"Look at the settings."`
	Doctor     doctorCmd     `cmd:"" help:"Look for what is wrong with this machine, and say what to do."`
	Version    versionCmd    `cmd:"" help:"Say which version this is."`
	Completion completionCmd `cmd:"" help:"Print a script that completes commands in your shell."`
}

// streams are what commands read and write.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      []string
}

// exit ends the program with a code and nothing more to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	stopProfile := startProfile(os.Stderr)
	code := run(ctx, os.Args[1:], &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()})
	stopProfile()
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, s *streams) (code int) {
	commands := new(cli)
	ended := false
	parser, err := kong.New(commands,
		kong.Name("sepiola"),
		kong.Description("A video site in one program."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(c int) { ended, code = true, c }), // after --help
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		fmt.Fprintln(s.err, err)
		return app.ExitInternal
	}
	line, err := parser.Parse(args)
	if ended {
		return code
	}
	if err != nil {
		fmt.Fprintf(s.err, "sepiola: %s\nTry \"sepiola --help\".\n", err)
		return app.ExitUsage
	}
	return report(s, line.Run(parser.Model))
}

// report says what went wrong and returns the exit code.
func report(s *streams, err error) int {
	var code exit
	var wrong *settingsError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &wrong):
		fmt.Fprintln(s.err, wrong)
		return app.ExitConfig
	}
	message, number := app.Explain(err)
	fmt.Fprintln(s.err, "sepiola: "+message)
	return number
}
