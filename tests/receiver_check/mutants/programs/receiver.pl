# A good receiver in Perl with its core modules alone, a process for each connection: perl receiver.pl FOLDER
#
# The environment has SHARE_SECRET. A file for each key, which only one process can make, keeps the work from being done
# twice; each work adds a line to FOLDER/good.log. It prints its port.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use IO::Socket::INET;

my ($folder) = @ARGV;
my $secret = $ENV{SHARE_SECRET} or die "SHARE_SECRET is not set\n";
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 128, ReuseAddr => 1) or die $!;
$| = 1;
print $server->sockport, "\n";
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';

# It ends with its standard input.
my $listener = fork // die $!;
if ($listener) { 1 while sysread STDIN, my $rest, 4096; kill 'TERM', $listener; exit }

while (1) {
    my $client = $server->accept or next;
    next if fork // die $!;
    close $server;
    1 while exchange($client);
    exit;
}

# One request and its answer; whether another may follow.
sub exchange {
    my ($client) = @_;
    local $/ = "\r\n";
    my ($method) = (readline($client) // return 0) =~ /^(\S+)/;
    my %header;
    while (defined(my $line = readline $client)) {
        chomp $line;
        last if $line eq '';
        my ($name, $value) = split /:\s*/, $line, 2;
        $header{lc $name} = $value;
    }
    my ($body, $size) = ('', $header{'content-length'} // 0);
    read($client, $body, $size) if $size;
    return 0 if length $body < $size; # The sender has left.
    my $status = answer($method, $body, \%header);
    print $client "HTTP/1.1 $status\r\nContent-Length: 0\r\n\r\n";
    $client->flush;
    return 1;
}

sub answer {
    my ($method, $body, $header) = @_;
    return '405 Method Not Allowed' if $method ne 'POST';
    return '401 Unauthorized' if !same(hmac_sha256_hex($body, $secret), $header->{'cresclab-signature'} // '');
    my $key = $header->{'cresclab-idempotency-key'} // '';
    return '400 Bad Request' if $key !~ /^[0-9a-f]{32}$/;
    if (sysopen my $mark, "$folder/$key", O_CREAT | O_EXCL | O_WRONLY) {
        open my $log, '>>', "$folder/good.log" or return '500 Internal Server Error';
        syswrite $log, "$key\n";
    }
    return '200 OK';
}

# Whether two texts are the same, in a time that depends on their length alone.
sub same {
    my ($one, $other) = @_;
    return 0 if length $one != length $other;
    my $different = 0;
    $different |= ord(substr $one, $_, 1) ^ ord(substr $other, $_, 1) for 0 .. length($one) - 1;
    return !$different;
}
