/**
 * The launcher's program, for `perl -e`, with what comes with the least of Perl (`perl-base`). It serves one
 * command at a time. The protocol, over its standard input and output:
 *
 * - `ready` once it can work;
 * - a request: its length in bytes as ten digits, then parts with a NUL between. The first is its kind. With `start`
 *   come the path for a FIFO, the working folder, the number of words of the command, the words, the environment as
 *   `NAME=value`;
 * - with `seal` come a folder and paths in it: what lstat(2) says of them is remembered, without the time of access;
 *   the answer is `sealed 1` where that of the first, which has just been touched, has changed later than all others;
 * - `start-sealed` is `start` where lstat(2) says the same of all of them; else the answer is `changed`, the only one;
 * - `held PID` when there is a process, leader of its own session; it has made the FIFO, and goes on once it has
 *   read one more byte;
 * - `error ERRNO` where the process could not be started, or not become the command;
 * - `ended STATUS ALONE`, the last of a request, with the status of wait(2), and 1 where the system says that
 *   nothing is left of what the process has started;
 * - `end-rest` kills all that is left of what it has started, in whatever session that is; the answer is `rest none`,
 *   `rest some` where something is another user's, or `rest unknown` where it does not adopt.
 *
 * The arguments are the numbers of prctl(2), setsid(2), mknodat(2) and newfstatat(2) on this machine, or none. Without them it takes
 * Perl's POSIX module, which makes every fork a fifth more expensive. With the first the launcher adopts the orphans among
 * its descendants (PR_SET_CHILD_SUBREAPER), so that "no children" means "no descendants".
 *
 * At the end of its input it ends, and so does a command that is still held: neither outlives lex-pr by more
 * than the gate that runs; and what that leaves goes with the launcher.
 */
export const LAUNCHER_SCRIPT = String.raw`
use strict;
my ($prctl, $setsid, $mknodat, $fstatat) = @ARGV;
require POSIX unless $setsid;
# The same on every system that has Perl at this place.
my ($WNOHANG, $EINTR, $O_WRONLY, $S_IFIFO, $AT_FDCWD, $AT_SYMLINK_NOFOLLOW) = (1, 4, 1, 0010000, -100, 0x100);
open(my $requests, '<&', 0) or exit 1;
open(my $answers, '>&', 1) or exit 1;
open(STDIN, '<', '/dev/null') or exit 1;
open(STDOUT, '>', '/dev/null') or exit 1;

my $adopts = 0;
if ($prctl) {
  my $is_set = pack('i', 0);
  # Read back: a number that means something else here must not pass for success.
  $adopts = syscall($prctl, 36, 1, 0, 0, 0) == 0
    && syscall($prctl, 37, $is_set, 0, 0, 0) == 0
    && unpack('i', $is_set) == 1;
}

# Also where nobody reads the answers any more; for the command that signal is what it was.
sub leave { end_rest(); exit 0 }
$SIG{PIPE} = \&leave;

sub receive {
  my ($length) = @_;
  my $bytes = '';
  while (length($bytes) < $length) {
    my $got = sysread($requests, $bytes, $length - length($bytes), length($bytes));
    next if !defined $got && $! == $EINTR;
    leave() unless $got;
  }
  return $bytes;
}

sub answer { syswrite($answers, join(' ', @_) . "\n") }

sub start_session { $setsid ? syscall($setsid) : POSIX::setsid() }

sub make_fifo {
  my ($path) = @_;
  return POSIX::mkfifo($path, 0600) unless $mknodat;
  return syscall($mknodat, $AT_FDCWD, $path, $S_IFIFO | 0600, 0) == 0;
}

my ($place, @paths, @stats);
my $stat = "\0" x 256;

# Of struct stat, the same on x64 and arm64 as far as this goes: up to the size, and both times of change.
sub look {
  my ($path) = @_;
  return undef if syscall($fstatat, $AT_FDCWD, $path, $stat, $AT_SYMLINK_NOFOLLOW) != 0;
  return substr($stat, 0, 56) . substr($stat, 88, 32);
}

sub seal {
  ($place, @paths) = @_;
  @stats = ();
  return 0 unless $fstatat && chdir($place);
  my @now;
  for my $path (@paths) {
    my $seen = look($path);
    return 0 unless defined $seen;
    my @changed = unpack('q2', substr($seen, 72));
    # A change within the same tick of the clock would not be seen.
    return 0 if @now && ($changed[0] > $now[0] || $changed[0] == $now[0] && $changed[1] >= $now[1]);
    @now = @changed unless @now;
    push(@stats, $seen);
  }
  return 1;
}

sub is_as_sealed {
  return 0 unless @stats && @stats == @paths && chdir($place);
  for my $k (0 .. $#paths) {
    my $seen = look($paths[$k]);
    return 0 unless defined $seen && $seen eq $stats[$k];
  }
  return 1;
}

sub become {
  my ($output, $folder, $count, @words) = @_;
  my $fail = sub { answer('error', $! + 0); unlink $output; exit 0 };
  start_session();
  make_fifo($output) or $fail->();
  chdir($folder) or $fail->();
  answer('held', $$);
  unless (sysread($requests, my $go, 1)) { unlink $output; exit 0 }
  sysopen(my $pipe, $output, $O_WRONLY) or $fail->();
  unlink $output;
  open(STDOUT, '>&', $pipe) or $fail->();
  open(STDERR, '>&', $pipe) or $fail->();
  my @command = splice(@words, 0, $count);
  %ENV = map { split(/=/, $_, 2) } @words;
  exec { $command[0] } @command;
  $fail->();
}

# The number of children that were sent SIGKILL.
sub kill_children {
  my $killed = 0;
  opendir(my $all, '/proc') or return 0;
  for my $pid (grep { /^[0-9]+$/ } readdir $all) {
    open(my $file, '<', "/proc/$pid/stat") or next;
    my $line = <$file> // next;
    # The name before it may itself hold spaces and parentheses.
    my ($parent) = $line =~ /.*\) \S ([0-9]+)/s or next;
    $killed += kill(9, $pid) if $parent == $$;
  }
  return $killed;
}

# The children of what is killed become ours.
sub end_rest {
  return 'unknown' unless $adopts;
  $SIG{CHLD} = 'DEFAULT';
  while (waitpid(-1, $WNOHANG) != -1) {
    my $killed = kill_children() or return 'some';
    waitpid(-1, 0) for 1 .. $killed;
  }
  return 'none';
}

answer('ready');
for (;;) {
  my $first = receive(1);
  # The release of a command that was killed before it could read it.
  next if $first eq "\n";
  my ($kind, @request) = split(/\0/, receive($first . receive(9)), -1);
  if ($kind eq 'seal') { answer('sealed', seal(@request)); next }
  if ($kind eq 'end-rest') { answer('rest', end_rest()); next }
  if ($kind eq 'start-sealed' && !is_as_sealed()) { answer('changed'); next }
  $SIG{CHLD} = 'DEFAULT';
  my $pid = fork();
  if (!defined $pid) { answer('error', $! + 0); answer('ended', 0, 0); next }
  become(@request) if $pid == 0;
  my ($ended, $status);
  do { $ended = waitpid(-1, 0); $status = $? } while ($ended > 0 && $ended != $pid);
  # Nobody waits for orphans from here on: the system is told to take them away itself.
  $SIG{CHLD} = 'IGNORE';
  my $child = 1;
  $child = waitpid(-1, $WNOHANG) while $child > 0;
  answer('ended', $status, $adopts && $child == -1 ? 1 : 0);
}
`;
