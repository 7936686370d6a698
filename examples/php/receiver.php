<?php
// A receiver in plain PHP: SHARE_SECRET=... INBOX=/tmp/inbox php -S 127.0.0.1:9000 receiver.php
// It puts each event into a folder, named by its idempotency key, and answers; a cron job does the work.
declare(strict_types=1);

$secret = trim(getenv('SHARE_SECRET') ?: '');
$inbox = getenv('INBOX') ?: sys_get_temp_dir() . '/inbox';

function answer(int $status): never
{
    http_response_code($status);
    header('Content-Length: 0');
    exit;
}

if ($secret === '') {
    error_log('SHARE_SECRET is not set');
    answer(503);
}
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(405);
}
$body = file_get_contents('php://input'); // The raw bytes: what was signed.
$expected = hash_hmac('sha256', $body, $secret);
if (!hash_equals($expected, $_SERVER['HTTP_CRESCLAB_SIGNATURE'] ?? '')) {
    answer(401);
}
$key = $_SERVER['HTTP_CRESCLAB_IDEMPOTENCY_KEY'] ?? '';
if (!preg_match('/^[0-9a-f]{32}$/', $key)) {
    answer(400);
}
is_dir($inbox) || @mkdir($inbox, 0700, true);
// Written whole under another name first: rename() either puts all of it in place or nothing, and a duplicate
// only puts the same bytes there again. What was done is moved to "done", and known by that.
if (!file_exists("$inbox/done/$key.json")) {
    $draft = tempnam($inbox, 'draft');
    if (file_put_contents($draft, $body) !== strlen($body) || !rename($draft, "$inbox/$key.json")) {
        answer(500);
    }
}
answer(200);
