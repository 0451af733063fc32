/**
 * The launcher's program, for `perl -e`, with what comes with the least of Perl (`perl-base`), on Linux. It serves one
 * command at a time. It says `ready FD` once it can work, FD being the read end of a pipe among its descriptors, which is
 * to be opened through /proc before the first request. To that pipe goes what the commands write. A request is
 * its length in bytes as ten digits, then parts with a NUL between: its kind, and what belongs to the kind. Answers
 * are lines on its standard output: a socket, so that no command can open it by a name in /proc, as it can the pipe.
 *
 * - `start` with a file for the record (or nothing), the working folder, the number of words of the command, the words, the
 *   environment as `NAME=value`. The record, `PID STARTTIME` as `startTimeOf` has it, is there before the command runs, and
 *   overwrites the one before;
 * - `seal` with a folder and paths in it: what lstat(2) says of them is remembered, without the time of access; the
 *   answer is `sealed 1` where that of the first, which has just been touched, has changed later than all others;
 * - `start-sealed` is `start` where lstat(2) says the same of all of them; else the answer is `changed`, the only one;
 * - `end-rest` kills all that is left of what it has started, in whatever session that is; the answer is `rest none`, or
 *   `rest some` where something is another user's.
 *
 * Answers to a start:
 *
 * - `held PID` when there is a process, leader of its own session;
 * - `error ERRNO` where the process could not be started, recorded, or become the command;
 * - `ended STATUS ALONE UNREAD`, the last of a request, with the status of wait(2), 1 where the system says that
 *   nothing is left of what the process has started, and the number of bytes in the pipe.
 *
 * The arguments are the numbers of prctl(2), setsid(2) and newfstatat(2) on this machine. The launcher adopts the orphans
 * among its descendants (PR_SET_CHILD_SUBREAPER), so that "no children" means "no descendants".
 *
 * At the end of its input it ends: it does not outlive lex-pr by more than the gate that runs, and what that leaves goes
 * with it.
 */
export const LAUNCHER_SCRIPT = String.raw`
use strict;
my ($prctl, $setsid, $fstatat) = @ARGV;
# The same on every Linux.
my ($WNOHANG, $EINTR, $O_WRONLY, $O_CREAT, $FIONREAD, $ENOSPC) = (1, 4, 1, 0100, 0x541B, 28);
my ($AT_FDCWD, $AT_SYMLINK_NOFOLLOW) = (-100, 0x100);
open(my $requests, '<&', 0) or exit 1;
open(STDIN, '<', '/dev/null') or exit 1;
open(my $answers, '>&', 1) or exit 1;
open(STDOUT, '>', '/dev/null') or exit 1;
pipe(my $output, my $written) or exit 1;

my $adopts = pack('i', 0);
# Read back: a number that means something else here must not pass for success.
exit 1 unless syscall($prctl, 36, 1, 0, 0, 0) == 0
  && syscall($prctl, 37, $adopts, 0, 0, 0) == 0
  && unpack('i', $adopts) == 1;

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
  return 0 unless chdir($place);
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

sub content {
  my ($path) = @_;
  open(my $file, '<', $path) or return '';
  sysread($file, my $bytes, 4096);
  return $bytes;
}

# Ticks since boot, so the boot is part of it.
my ($boot) = map { "$_/" } content('/proc/sys/kernel/random/boot_id') =~ /(.+)/;
$boot //= '';

# The name in the second field may itself hold spaces and parentheses.
sub start_time {
  my $line = content('/proc/self/stat');
  return $boot . (split(/ /, substr($line, rindex($line, ')') + 2)))[19];
}

sub record {
  my ($file, $line) = @_;
  sysopen(my $record, $file, $O_WRONLY | $O_CREAT, 0600) or return 0;
  # Always as long, so that nothing of the one before is left.
  my $length = syswrite($record, sprintf("%-127s\n", $line)) // return 0;
  $! = $ENOSPC;
  return $length == 128;
}

my ($parent, $self) = (getppid(), $$);

sub become {
  my ($file, $folder, $count, @words) = @_;
  my $fail = sub { answer('error', $! + 0); exit 0 };
  syscall($setsid);
  chdir($folder) or $fail->();
  # Its own: what a program sets on it, as O_NONBLOCK, is not for us nor for the next.
  sysopen(my $pipe, '/proc/self/fd/' . fileno($written), $O_WRONLY) or $fail->();
  # The record may be another's by now.
  exit 0 if getppid() != $self;
  $file eq '' or record($file, "$$ " . start_time()) or $fail->();
  answer('held', $$);
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
  $SIG{CHLD} = 'DEFAULT';
  while (waitpid(-1, $WNOHANG) != -1) {
    my $killed = kill_children() or return 'some';
    waitpid(-1, 0) for 1 .. $killed;
  }
  return 'none';
}

sub unread {
  my $count = pack('i', 0);
  return ioctl($written, $FIONREAD, $count) ? unpack('i', $count) : 'Infinity';
}

answer('ready', fileno($output));
for (;;) {
  my ($kind, @request) = split(/\0/, receive(receive(10)), -1);
  # With a reader elsewhere; when that has gone, writing is to fail.
  close($output) if $output;
  undef $output;
  # Who has asked is gone, and somebody else may have taken over.
  leave() if getppid() != $parent;
  if ($kind eq 'seal') { answer('sealed', seal(@request)); next }
  if ($kind eq 'end-rest') { answer('rest', end_rest()); next }
  if ($kind eq 'start-sealed' && !is_as_sealed()) { answer('changed'); next }
  $SIG{CHLD} = 'DEFAULT';
  my $pid = fork();
  if (!defined $pid) { answer('error', $! + 0); answer('ended', 0, 0, 0); next }
  become(@request) if $pid == 0;
  my ($ended, $status);
  do { $ended = waitpid(-1, 0); $status = $? } while ($ended > 0 && $ended != $pid);
  # Nobody waits for orphans from here on: the system is told to take them away itself.
  $SIG{CHLD} = 'IGNORE';
  my $child = 1;
  $child = waitpid(-1, $WNOHANG) while $child > 0;
  answer('ended', $status, $child == -1 ? 1 : 0, unread());
}
`;
