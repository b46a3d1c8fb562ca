<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AliasesModel</name>
    <message>
        <source>%1 (weight %2)</source>
        <extracomment>a target with its weight</extracomment>
        <translation>%1（权重 %2）</translation>
    </message>
    <message>
        <source>The channel %1 does not exist</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>渠道 %1 不存在</translation>
    </message>
    <message>
        <source>The channel %1 is disabled</source>
        <translation>渠道 %1 已停用</translation>
    </message>
    <message>
        <source>%1 does not list %2</source>
        <extracomment>a channel&apos;s name and a model&apos;s</extracomment>
        <translation>%1 的模型列表里没有 %2</translation>
    </message>
    <message>
        <source>%1 serves this name itself; the alias wins</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>%1 自己也提供这个名称；以别名为准</translation>
    </message>
    <message>
        <source>In order</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Alias</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>Targets, in order</source>
        <translation>目标（按顺序）</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>costs nothing</source>
        <translation>不收费</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>Cached</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Price from</source>
        <translation>价格来源</translation>
    </message>
</context>
<context>
    <name>ChannelsModel</name>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Disabled</source>
        <translation>已停用</translation>
    </message>
    <message>
        <source>Resting</source>
        <translation>休息中</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
</context>
<context>
    <name>ClientsModel</name>
    <message>
        <source>All models</source>
        <translation>全部模型</translation>
    </message>
    <message>
        <source>No calls yet</source>
        <translation>尚无调用</translation>
    </message>
    <message numerus="yes">
        <source>%n call(s), %1</source>
        <extracomment>how often a key was used, and what that cost</extracomment>
        <translation>
            <numerusform>%n 次调用，%1</numerusform>
        </translation>
    </message>
    <message>
        <source>Never</source>
        <translation>永不过期</translation>
    </message>
    <message>
        <source>Expired %1</source>
        <extracomment>a key that ended on a date</extracomment>
        <translation>已于 %1 过期</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建于</translation>
    </message>
    <message>
        <source>Expires</source>
        <translation>有效期至</translation>
    </message>
</context>
<context>
    <name>Format</name>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <extracomment>milliseconds</extracomment>
        <translation>%1 毫秒</translation>
    </message>
    <message>
        <source>%1 s</source>
        <extracomment>seconds, like 1.24</extracomment>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <extracomment>minutes and seconds</extracomment>
        <translation>%1 分 %2 秒</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <extracomment>hours and minutes</extracomment>
        <translation>%1 小时 %2 分</translation>
    </message>
    <message>
        <source>%1 %</source>
        <extracomment>a share in percent
----------
a rise or fall in percent</extracomment>
        <translation>%1%</translation>
    </message>
    <message>
        <source>over 10 times as much</source>
        <extracomment>much more than before</extracomment>
        <translation>超过 10 倍</translation>
    </message>
    <message>
        <source>as before</source>
        <translation>持平</translation>
    </message>
    <message>
        <source>MMM d HH:mm</source>
        <extracomment>date and time of an older call, a QDateTime format</extracomment>
        <translation>M月d日 HH：mm</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>刚刚</translation>
    </message>
    <message>
        <source>%1 min ago</source>
        <translation>%1 分钟前</translation>
    </message>
    <message>
        <source>%1 h ago</source>
        <translation>%1 小时前</translation>
    </message>
    <message>
        <source>%1 d ago</source>
        <translation>%1 天前</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 token/秒</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Waystation already serves this data folder without a window.</source>
        <translation>Waystation 已经在不带窗口地使用这个数据文件夹。</translation>
    </message>
    <message>
        <source>Stop &quot;waystationctl serve&quot; first, or use waystationctl.</source>
        <translation>请先停止“waystationctl serve”，或直接使用 waystationctl。</translation>
    </message>
    <message>
        <source>Waystation cannot start.</source>
        <translation>Waystation 无法启动。</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>No error</source>
        <translation>没有错误</translation>
    </message>
    <message>
        <source>Not a valid request</source>
        <translation>请求无效</translation>
    </message>
    <message>
        <source>Client key unknown</source>
        <translation>未知的客户端密钥</translation>
    </message>
    <message>
        <source>Not allowed for this client key</source>
        <translation>此客户端密钥无权使用</translation>
    </message>
    <message>
        <source>Refused: Host or Origin</source>
        <translation>已拒绝：Host 或 Origin 不符</translation>
    </message>
    <message>
        <source>No channel serves this model</source>
        <translation>没有渠道提供此模型</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Not supported by the channel</source>
        <translation>渠道不支持</translation>
    </message>
    <message>
        <source>Request too large</source>
        <translation>请求过大</translation>
    </message>
    <message>
        <source>The request did not arrive in time</source>
        <translation>请求未及时到达</translation>
    </message>
    <message>
        <source>A loop: the call came from Waystation itself</source>
        <translation>出现环路：调用来自 Waystation 自身</translation>
    </message>
    <message>
        <source>Upstream key not available</source>
        <translation>上游密钥不可用</translation>
    </message>
    <message>
        <source>Upstream key refused</source>
        <translation>上游密钥被拒绝</translation>
    </message>
    <message>
        <source>Upstream account out of credit</source>
        <translation>上游账户余额不足</translation>
    </message>
    <message>
        <source>Refused by the upstream</source>
        <translation>被上游拒绝</translation>
    </message>
    <message>
        <source>Model unknown to the upstream</source>
        <translation>上游没有此模型</translation>
    </message>
    <message>
        <source>Rate limited</source>
        <translation>触发限流</translation>
    </message>
    <message>
        <source>Upstream overloaded</source>
        <translation>上游过载</translation>
    </message>
    <message>
        <source>Upstream failed</source>
        <translation>上游出错</translation>
    </message>
    <message>
        <source>No connection</source>
        <translation>无法连接</translation>
    </message>
    <message>
        <source>Host name not found</source>
        <translation>找不到主机名</translation>
    </message>
    <message>
        <source>TLS failed</source>
        <translation>TLS 失败</translation>
    </message>
    <message>
        <source>Proxy failed</source>
        <translation>代理出错</translation>
    </message>
    <message>
        <source>Timed out</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>Answer cut off</source>
        <translation>回答中断</translation>
    </message>
    <message>
        <source>Answer not understood</source>
        <translation>无法识别的回答</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Busy</source>
        <translation>繁忙</translation>
    </message>
    <message>
        <source>File or system error</source>
        <translation>文件或系统错误</translation>
    </message>
    <message>
        <source>Not a valid value</source>
        <translation>取值无效</translation>
    </message>
    <message>
        <source>Already taken</source>
        <translation>已被占用</translation>
    </message>
    <message>
        <source>Internal error</source>
        <translation>内部错误</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Being read from the vault</source>
        <translation>正在从保险库读取</translation>
    </message>
    <message>
        <source>Vault locked</source>
        <translation>保险库已锁定</translation>
    </message>
    <message>
        <source>Missing from the vault</source>
        <translation>保险库中没有</translation>
    </message>
    <message>
        <source>The vault does not answer</source>
        <translation>保险库没有响应</translation>
    </message>
    <message>
        <source>No vault available</source>
        <translation>没有可用的保险库</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Client left</source>
        <translation>客户端已离开</translation>
    </message>
    <message>
        <source>Cancelled by you</source>
        <translation>已被你取消</translation>
    </message>
    <message>
        <source>Cut off</source>
        <translation>中断</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <extracomment>what went wrong, and the HTTP status</extracomment>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>Serving</source>
        <translation>服务中</translation>
    </message>
    <message>
        <source>Paused by you</source>
        <translation>已由你暂停</translation>
    </message>
    <message>
        <source>Cannot listen: %1</source>
        <extracomment>why the relay cannot listen</extracomment>
        <translation>无法监听：%1</translation>
    </message>
    <message>
        <source>Cannot listen</source>
        <translation>无法监听</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>System keychain</source>
        <translation>系统钥匙串</translation>
    </message>
    <message>
        <source>Encrypted file</source>
        <translation>加密文件</translation>
    </message>
    <message>
        <source>Environment variables</source>
        <translation>环境变量</translation>
    </message>
    <message>
        <source>Memory only</source>
        <translation>仅在内存中</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>已打开</translation>
    </message>
    <message>
        <source>Empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Locked</source>
        <translation>已锁定</translation>
    </message>
    <message>
        <source>Access denied</source>
        <translation>访问被拒绝</translation>
    </message>
    <message>
        <source>No answer in time</source>
        <translation>未及时响应</translation>
    </message>
    <message>
        <source>Not available on this computer</source>
        <translation>本机不可用</translation>
    </message>
    <message>
        <source>reported by the upstream</source>
        <translation>由上游报告</translation>
    </message>
    <message>
        <source>estimated</source>
        <translation>估算</translation>
    </message>
    <message>
        <source>not counted</source>
        <translation>未计数</translation>
    </message>
    <message>
        <source>the upstream itself</source>
        <translation>上游自报</translation>
    </message>
    <message>
        <source>your own price</source>
        <translation>你设定的价格</translation>
    </message>
    <message>
        <source>built-in price list</source>
        <translation>内置价目表</translation>
    </message>
    <message>
        <source>the maker&apos;s price, assumed</source>
        <translation>按模型厂商价格推定</translation>
    </message>
    <message>
        <source>no price known</source>
        <translation>价格未知</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>Count tokens</source>
        <translation>计算 token</translation>
    </message>
    <message>
        <source>Completion</source>
        <translation>补全</translation>
    </message>
    <message>
        <source>Embeddings</source>
        <translation>嵌入</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Speech</source>
        <translation>语音合成</translation>
    </message>
    <message>
        <source>Transcription</source>
        <translation>语音转写</translation>
    </message>
    <message>
        <source>Video task</source>
        <translation>视频任务</translation>
    </message>
    <message>
        <source>Rerank</source>
        <translation>重排</translation>
    </message>
    <message>
        <source>Moderation</source>
        <translation>内容审核</translation>
    </message>
    <message>
        <source>Stored answer</source>
        <translation>已存回答</translation>
    </message>
    <message>
        <source>Model list</source>
        <translation>模型列表</translation>
    </message>
    <message>
        <source>Greeting</source>
        <translation>问候</translation>
    </message>
    <message>
        <source>Disabled</source>
        <translation>已停用</translation>
    </message>
    <message>
        <source>Key missing</source>
        <translation>缺少密钥</translation>
    </message>
    <message>
        <source>Resting %1</source>
        <extracomment>how long a channel rests, and why</extracomment>
        <translation>休息 %1</translation>
    </message>
    <message>
        <source>Resting %1: %2</source>
        <translation>休息 %1：%2</translation>
    </message>
    <message>
        <source>No traffic yet</source>
        <translation>尚无流量</translation>
    </message>
    <message>
        <source>%1 of %2 failed</source>
        <extracomment>failed calls of all calls in the last hour</extracomment>
        <translation>%2 次中有 %1 次失败</translation>
    </message>
</context>
<context>
    <name>ctl</name>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>TIME</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>CLIENT</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>MODEL</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>CHANNEL</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>OUTCOME</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>FIRST</source>
        <translation>首字</translation>
    </message>
    <message>
        <source>WHOLE</source>
        <translation>全程</translation>
    </message>
    <message>
        <source>IN</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>OUT</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>COST</source>
        <translation>费用</translation>
    </message>
    <message>
        <source>No calls.</source>
        <translation>没有调用。</translation>
    </message>
    <message>
        <source>CALLS</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>FAILED</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>INPUT</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>CACHED</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>OUTPUT</source>
        <translation>输出</translation>
    </message>
    <message>
        <source> + %1 calls of unknown price</source>
        <translation> + %1 次调用价格未知</translation>
    </message>
    <message>
        <source>in %1  out %2  cached %3</source>
        <translation>输入 %1  输出 %2  缓存 %3</translation>
    </message>
    <message>
        <source>Built-in list of %1 with %2 models; USD per million tokens.</source>
        <translation>%1 的内置价目表，含 %2 个模型；单位为美元/百万 token。</translation>
    </message>
    <message>
        <source>PRICE</source>
        <translation>价格</translation>
    </message>
    <message>
        <source>SOURCE</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>your own</source>
        <translation>自定</translation>
    </message>
    <message>
        <source>Set. Calls that begin from now on cost that.</source>
        <translation>已设定。从现在起开始的调用按此计费。</translation>
    </message>
    <message>
        <source>Removed; the built-in list counts again.</source>
        <translation>已移除；重新以内置价目表为准。</translation>
    </message>
    <message>
        <source>the log of calls, newest last</source>
        <translation>调用日志，最新的在最后</translation>
    </message>
    <message>
        <source>go on with new ones until Ctrl-C</source>
        <translation>持续显示新的调用，直到 Ctrl-C</translation>
    </message>
    <message>
        <source>30m, 1h, 7d</source>
        <translation>30m、1h、7d</translation>
    </message>
    <message>
        <source>from that day or moment on</source>
        <translation>从该日或该时刻起</translation>
    </message>
    <message>
        <source>before that day or moment</source>
        <translation>在该日或该时刻之前</translation>
    </message>
    <message>
        <source>of one client</source>
        <translation>只看一个客户端</translation>
    </message>
    <message>
        <source>of one channel</source>
        <translation>只看一个渠道</translation>
    </message>
    <message>
        <source>of one model, asked or served</source>
        <translation>只看一个模型（请求的或实际的）</translation>
    </message>
    <message>
        <source>with that in models, names or error</source>
        <translation>模型、名称或错误中含有该文字</translation>
    </message>
    <message>
        <source>only those that were not done</source>
        <translation>只看未完成的</translation>
    </message>
    <message>
        <source>at most so many; 50 else</source>
        <translation>最多这么多条；默认 50</translation>
    </message>
    <message>
        <source>one call with its attempts, route, usage and cost</source>
        <translation>一次调用及其尝试、路由、用量和费用</translation>
    </message>
    <message>
        <source>calls, tokens and money, summed</source>
        <translation>调用、token 和金额的汇总</translation>
    </message>
    <message>
        <source>model, channel, client, day or hour</source>
        <translation>model、channel、client、day 或 hour</translation>
    </message>
    <message>
        <source>30m, 1h, 7d; 30 days else</source>
        <translation>30m、1h、7d；默认 30 天</translation>
    </message>
    <message>
        <source>what models cost on each channel</source>
        <translation>各渠道上模型的价格</translation>
    </message>
    <message>
        <source>your own price, in USD per million tokens</source>
        <translation>自定价格，美元/百万 token</translation>
    </message>
    <message>
        <source>input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>input that was cached; else as input</source>
        <translation>读自缓存的输入；默认同输入</translation>
    </message>
    <message>
        <source>input that is put in the cache; else as input</source>
        <translation>写入缓存的输入；默认同输入</translation>
    </message>
    <message>
        <source>on that channel only</source>
        <translation>仅用于该渠道</translation>
    </message>
    <message>
        <source>go back to the built-in list</source>
        <translation>恢复使用内置价目表</translation>
    </message>
    <message>
        <source>the price of that channel</source>
        <translation>该渠道的价格</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Provider</source>
        <translation>服务商</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>any</source>
        <translation>任意</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>优先级</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Key for %1 (nothing: later):</source>
        <translation>%1 的密钥（留空则以后再填）：</translation>
    </message>
    <message>
        <source>Added channel %1.</source>
        <translation>已添加渠道 %1。</translation>
    </message>
    <message>
        <source>It has no key yet: waystationctl channel key add %1</source>
        <translation>它还没有密钥：waystationctl channel key add %1</translation>
    </message>
    <message>
        <source>Try it: waystationctl channel test %1</source>
        <translation>试一试：waystationctl channel test %1</translation>
    </message>
    <message>
        <source>NAME</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>PROVIDER</source>
        <translation>服务商</translation>
    </message>
    <message>
        <source>STATE</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>PRIORITY</source>
        <translation>优先级</translation>
    </message>
    <message>
        <source>KEYS</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>MODELS</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>The call failed: %1</source>
        <translation>调用失败：%1</translation>
    </message>
    <message>
        <source>What was tried: waystationctl calls show %1</source>
        <translation>查看尝试经过：waystationctl calls show %1</translation>
    </message>
    <message>
        <source>%1 answered after %2 ms, whole after %3 ms:</source>
        <translation>%1 在 %2 毫秒后开始回答，%3 毫秒后完成：</translation>
    </message>
    <message>
        <source>Enabled %1.</source>
        <translation>已启用 %1。</translation>
    </message>
    <message>
        <source>Disabled %1.</source>
        <translation>已停用 %1。</translation>
    </message>
    <message>
        <source>Removed %1 and its keys.</source>
        <translation>已移除 %1 及其密钥。</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>SPEAKS</source>
        <translation>协议</translation>
    </message>
    <message>
        <source>NEEDS</source>
        <translation>需要</translation>
    </message>
    <message>
        <source>a key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Key for %1:</source>
        <translation>%1 的密钥：</translation>
    </message>
    <message>
        <source>Added %1.</source>
        <translation>已添加 %1。</translation>
    </message>
    <message>
        <source>New key for %1:</source>
        <translation>%1 的新密钥：</translation>
    </message>
    <message>
        <source>Replaced.</source>
        <translation>已替换。</translation>
    </message>
    <message>
        <source>Removed.</source>
        <translation>已移除。</translation>
    </message>
    <message>
        <source>KEY</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>MASKED</source>
        <translation>掩码</translation>
    </message>
    <message>
        <source>STORED IN</source>
        <translation>存放于</translation>
    </message>
    <message>
        <source>WHY</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>take the key from that environment variable</source>
        <translation>从该环境变量读取密钥</translation>
    </message>
    <message>
        <source>read the key from standard input</source>
        <translation>从标准输入读取密钥</translation>
    </message>
    <message>
        <source>what the key is called</source>
        <translation>密钥的名称</translation>
    </message>
    <message>
        <source>the upstream&apos;s address; empty: the provider&apos;s own</source>
        <translation>上游地址；留空则用服务商自己的</translation>
    </message>
    <message>
        <source>openai-chat, openai-responses, anthropic or gemini</source>
        <translation>openai-chat、openai-responses、anthropic 或 gemini</translation>
    </message>
    <message>
        <source>a model that it serves; without any: all</source>
        <translation>它提供的模型；不填则为全部</translation>
    </message>
    <message>
        <source>lower is asked first</source>
        <translation>数值小的先尝试</translation>
    </message>
    <message>
        <source>share among channels of one priority</source>
        <translation>同一优先级渠道之间的份额</translation>
    </message>
    <message>
        <source>http://host:port, socks5://host:port, system, none or inherit</source>
        <translation>http://host:port、socks5://host:port、system、none 或 inherit</translation>
    </message>
    <message>
        <source>certificates to trust for this channel, PEM</source>
        <translation>此渠道信任的证书，PEM</translation>
    </message>
    <message>
        <source>a header to add to its calls; nothing secret</source>
        <translation>调用时附加的请求头；勿填机密</translation>
    </message>
    <message>
        <source>factor on its prices</source>
        <translation>价格系数</translation>
    </message>
    <message>
        <source>a word to find it by</source>
        <translation>便于查找的标签</translation>
    </message>
    <message>
        <source>limit for connecting</source>
        <translation>连接时限</translation>
    </message>
    <message>
        <source>limit for the first octet of an answer</source>
        <translation>回答首字节的时限</translation>
    </message>
    <message>
        <source>limit for silence within an answer</source>
        <translation>回答中静默的时限</translation>
    </message>
    <message>
        <source>add an upstream</source>
        <translation>添加上游</translation>
    </message>
    <message>
        <source>which service; &quot;channel providers&quot; lists them</source>
        <translation>哪个服务；用“channel providers”列出</translation>
    </message>
    <message>
        <source>all channels and their state</source>
        <translation>全部渠道及其状态</translation>
    </message>
    <message>
        <source>one channel in full</source>
        <translation>一个渠道的完整信息</translation>
    </message>
    <message>
        <source>change what the options name</source>
        <translation>更改选项所指的内容</translation>
    </message>
    <message>
        <source>a new name</source>
        <translation>新名称</translation>
    </message>
    <message>
        <source>read the proxy&apos;s password from standard input</source>
        <translation>从标准输入读取代理密码</translation>
    </message>
    <message>
        <source>make one real streamed call</source>
        <translation>发送一次真实的流式调用</translation>
    </message>
    <message>
        <source>the model to ask; else the first that fits</source>
        <translation>要请求的模型；默认取第一个合适的</translation>
    </message>
    <message>
        <source>ask the upstream which models it has</source>
        <translation>询问上游有哪些模型</translation>
    </message>
    <message>
        <source>use it</source>
        <translation>启用</translation>
    </message>
    <message>
        <source>keep it, but do not use it</source>
        <translation>保留但停用</translation>
    </message>
    <message>
        <source>remove it and its keys</source>
        <translation>移除它及其密钥</translation>
    </message>
    <message>
        <source>the services that can be chosen</source>
        <translation>可选的服务</translation>
    </message>
    <message>
        <source>store one more key</source>
        <translation>再存一个密钥</translation>
    </message>
    <message>
        <source>store a new value for a key</source>
        <translation>为密钥存入新值</translation>
    </message>
    <message>
        <source>forget a key</source>
        <translation>移除一个密钥</translation>
    </message>
    <message>
        <source>its keys, masked, and their state</source>
        <translation>它的密钥（掩码）及状态</translation>
    </message>
    <message>
        <source>This key of %1 is shown only now.</source>
        <translation>%1 的这个密钥只在此时显示。</translation>
    </message>
    <message>
        <source>Revoked %1: its key is refused from now on.</source>
        <translation>已吊销 %1：其密钥从现在起被拒绝。</translation>
    </message>
    <message>
        <source>No client keys yet: waystationctl client add NAME</source>
        <translation>还没有客户端密钥：waystationctl client add NAME</translation>
    </message>
    <message>
        <source>CREATED</source>
        <translation>创建于</translation>
    </message>
    <message>
        <source>EXPIRES</source>
        <translation>有效期至</translation>
    </message>
    <message>
        <source>never</source>
        <translation>永不</translation>
    </message>
    <message>
        <source>ALIAS</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>TARGETS</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>No aliases yet: waystationctl alias add NAME --to CHANNEL/MODEL</source>
        <translation>还没有别名：waystationctl alias add NAME --to CHANNEL/MODEL</translation>
    </message>
    <message>
        <source>Removed %1.</source>
        <translation>已移除 %1。</translation>
    </message>
    <message>
        <source>KIND</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>alias</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Any other name goes to: %1</source>
        <translation>其他名称转到：%1</translation>
    </message>
    <message>
        <source>a name that clients may ask for, and where it leads</source>
        <translation>客户端可请求的名称及其去向</translation>
    </message>
    <message>
        <source>targets that share by weight; each further --to is asked when those before fail</source>
        <translation>按权重分配的目标；前面的失败后才尝试后面的 --to</translation>
    </message>
    <message>
        <source>change one that is there</source>
        <translation>更改已有的</translation>
    </message>
    <message>
        <source>all aliases</source>
        <translation>全部别名</translation>
    </message>
    <message>
        <source>remove one</source>
        <translation>移除一个</translation>
    </message>
    <message>
        <source>make a client key; it is printed once</source>
        <translation>创建客户端密钥；只显示一次</translation>
    </message>
    <message>
        <source>models that it may use; without any: all</source>
        <translation>允许使用的模型；不填则为全部</translation>
    </message>
    <message>
        <source>2026-12-31: void from that day on</source>
        <translation>2026-12-31：从该日起失效</translation>
    </message>
    <message>
        <source>money limit</source>
        <translation>金额上限</translation>
    </message>
    <message>
        <source>calls a minute</source>
        <translation>每分钟调用数</translation>
    </message>
    <message>
        <source>all client keys, masked</source>
        <translation>全部客户端密钥（掩码）</translation>
    </message>
    <message>
        <source>make a new key for it; the old one is void</source>
        <translation>生成新密钥；旧密钥失效</translation>
    </message>
    <message>
        <source>refuse its key from now on</source>
        <translation>从现在起拒绝其密钥</translation>
    </message>
    <message>
        <source>every name that a client can ask for</source>
        <translation>客户端可请求的全部名称</translation>
    </message>
    <message>
        <source>keep settings, rows and vault file in this folder</source>
        <translation>设置、记录和保险库文件存放在此文件夹</translation>
    </message>
    <message>
        <source>where secrets live: keychain, file or environment</source>
        <translation>机密的存放位置：keychain、file 或 environment</translation>
    </message>
    <message>
        <source>answer in JSON</source>
        <translation>以 JSON 回答</translation>
    </message>
    <message>
        <source>say how it is used</source>
        <translation>说明用法</translation>
    </message>
    <message>
        <source>waystationctl: %1</source>
        <translation>waystationctl：%1</translation>
    </message>
    <message>
        <source>(not available yet)</source>
        <translation>（尚不可用）</translation>
    </message>
    <message>
        <source>waystationctl: a relay on localhost for model calls, from the console</source>
        <translation>waystationctl：在控制台中使用的本机模型调用中转</translation>
    </message>
    <message>
        <source>Usage:</source>
        <translation>用法：</translation>
    </message>
    <message>
        <source>Options that every command takes:</source>
        <translation>所有命令通用的选项：</translation>
    </message>
    <message>
        <source>&quot;waystationctl COMMAND --help&quot; tells the options of one command.</source>
        <translation>“waystationctl COMMAND --help”说明某个命令的选项。</translation>
    </message>
    <message>
        <source>Options:</source>
        <translation>选项：</translation>
    </message>
    <message>
        <source>there is no command &quot;%1&quot;; &quot;waystationctl --help&quot; lists them</source>
        <translation>没有命令“%1”；用“waystationctl --help”列出全部命令</translation>
    </message>
    <message>
        <source>&quot;%1&quot; has no option %2; see &quot;%1 --help&quot;</source>
        <translation>“%1”没有选项 %2；参见“%1 --help”</translation>
    </message>
    <message>
        <source>%1 is not available yet</source>
        <translation>%1 尚不可用</translation>
    </message>
    <message>
        <source>%1 wants a value: %1 %2</source>
        <translation>%1 需要一个值：%1 %2</translation>
    </message>
    <message>
        <source>%1 takes no value</source>
        <translation>%1 不接受值</translation>
    </message>
    <message>
        <source>%1 is given twice</source>
        <translation>%1 重复出现</translation>
    </message>
    <message>
        <source>use it so: %1</source>
        <translation>用法：%1</translation>
    </message>
    <message>
        <source>--vault is keychain, file or environment</source>
        <translation>--vault 可为 keychain、file 或 environment</translation>
    </message>
    <message>
        <source>See &quot;waystationctl vault status&quot;.</source>
        <translation>参见“waystationctl vault status”。</translation>
    </message>
    <message>
        <source>The list commands tell the names that are there.</source>
        <translation>用 list 命令查看已有的名称。</translation>
    </message>
    <message>
        <source>See that the folder can be written and the disk is not full.</source>
        <translation>请确认文件夹可写且磁盘未满。</translation>
    </message>
    <message>
        <source>New passphrase for the vault file:</source>
        <translation>保险库文件的新口令：</translation>
    </message>
    <message>
        <source>Passphrase of the vault file:</source>
        <translation>保险库文件的口令：</translation>
    </message>
    <message>
        <source>The same again:</source>
        <translation>再输入一次：</translation>
    </message>
    <message>
        <source>Serving %1</source>
        <translation>正在服务 %1</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Cannot listen: %1. Tried again every 2 seconds; another port is --port N.</source>
        <translation>无法监听：%1。每 2 秒重试一次；可用 --port N 换一个端口。</translation>
    </message>
    <message>
        <source>, locked; unlock it with: waystationctl vault unlock</source>
        <translation>，已锁定；解锁命令：waystationctl vault unlock</translation>
    </message>
    <message>
        <source>not ready: %1</source>
        <translation>未就绪：%1</translation>
    </message>
    <message>
        <source>Data folder: %1</source>
        <translation>数据文件夹：%1</translation>
    </message>
    <message>
        <source>Keys: %1</source>
        <translation>密钥：%1</translation>
    </message>
    <message>
        <source>Channels: %1 (%2 enabled)</source>
        <translation>渠道：%1（%2 个已启用）</translation>
    </message>
    <message>
        <source>A key for a client: waystationctl client add NAME. Then:</source>
        <translation>创建客户端密钥：waystationctl client add NAME。然后：</translation>
    </message>
    <message>
        <source>No key could be made: %1</source>
        <translation>无法创建密钥：%1</translation>
    </message>
    <message>
        <source>The client key &quot;first&quot; was made anew; the one of the last start is void. Try it:</source>
        <translation>客户端密钥“first”已重新生成；上次启动时的已失效。试一试：</translation>
    </message>
    <message>
        <source>A client key &quot;first&quot; was made; it is shown only now. Try it:</source>
        <translation>已创建客户端密钥“first”；只在此时显示。试一试：</translation>
    </message>
    <message>
        <source>Waystation serves this folder already; see &quot;waystationctl status&quot;.</source>
        <translation>Waystation 已在使用此文件夹；参见“waystationctl status”。</translation>
    </message>
    <message>
        <source>Other consoles cannot reach this program: %1</source>
        <translation>其他控制台无法连接到本程序：%1</translation>
    </message>
    <message>
        <source>The vault is open.</source>
        <translation>保险库已打开。</translation>
    </message>
    <message>
        <source>Finishing %1 calls; once more stops at once.</source>
        <translation>正在完成 %1 次调用；再按一次立即停止。</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>relay without a window; Ctrl-C finishes running calls first</source>
        <translation>不带窗口的中转；Ctrl-C 会先完成进行中的调用</translation>
    </message>
    <message>
        <source>listen there instead of the port of the settings; 0: any free one</source>
        <translation>改用此端口监听；0 表示任一空闲端口</translation>
    </message>
    <message>
        <source>make a client key &quot;first&quot; and print a call to try</source>
        <translation>创建客户端密钥“first”并显示一个可试的调用</translation>
    </message>
    <message>
        <source>; keys ready: %1, not ready: %2</source>
        <translation>；就绪的密钥：%1，未就绪：%2</translation>
    </message>
    <message>
        <source>serving %1</source>
        <translation>正在服务 %1</translation>
    </message>
    <message>
        <source>paused; go on with: waystationctl resume</source>
        <translation>已暂停；继续：waystationctl resume</translation>
    </message>
    <message>
        <source>cannot listen: %1</source>
        <translation>无法监听：%1</translation>
    </message>
    <message>
        <source>not running; start it with: waystationctl serve</source>
        <translation>未运行；启动：waystationctl serve</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>%1 under way, %2 since start</source>
        <translation>%1 次进行中，启动以来 %2 次</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>%1 (%2 enabled)</source>
        <translation>%1（%2 个已启用）</translation>
    </message>
    <message>
        <source>Client keys</source>
        <translation>客户端密钥</translation>
    </message>
    <message>
        <source>Vault</source>
        <translation>保险库</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%1 条，在 %2</translation>
    </message>
    <message>
        <source>Not recorded</source>
        <translation>未记录</translation>
    </message>
    <message>
        <source>Trouble</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Prices of</source>
        <translation>价目表日期</translation>
    </message>
    <message>
        <source>Notice</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Paused: calls are refused until &quot;waystationctl resume&quot;.</source>
        <translation>已暂停：在“waystationctl resume”之前拒绝调用。</translation>
    </message>
    <message>
        <source>Serving again.</source>
        <translation>已恢复服务。</translation>
    </message>
    <message>
        <source>It finishes running calls and stops.</source>
        <translation>将完成进行中的调用后停止。</translation>
    </message>
    <message>
        <source>The port is %1 from now on.</source>
        <translation>端口从现在起为 %1。</translation>
    </message>
    <message>
        <source>Every key was moved and checked; they are in the %1 now.</source>
        <translation>所有密钥均已移动并核对；现存放于 %1。</translation>
    </message>
    <message>
        <source>Settings and rows are in %1. Keys are not: they stay in the vault.</source>
        <translation>设置和记录已备份到 %1。密钥不在其中，仍留在保险库。</translation>
    </message>
    <message>
        <source>Restored. What was here before is in %1.</source>
        <translation>已恢复。之前的内容保留在 %1。</translation>
    </message>
    <message>
        <source>what runs, where, and whether all is well</source>
        <translation>运行状况、位置以及是否正常</translation>
    </message>
    <message>
        <source>refuse calls for now</source>
        <translation>暂时拒绝调用</translation>
    </message>
    <message>
        <source>serve again</source>
        <translation>恢复服务</translation>
    </message>
    <message>
        <source>listen on another port, now and later</source>
        <translation>改用另一端口监听，现在及以后</translation>
    </message>
    <message>
        <source>stop the running program in order</source>
        <translation>有序地停止正在运行的程序</translation>
    </message>
    <message>
        <source>where keys are kept and whether they can be read</source>
        <translation>密钥的存放位置及能否读取</translation>
    </message>
    <message>
        <source>open the vault of the running program</source>
        <translation>打开正在运行的程序的保险库</translation>
    </message>
    <message>
        <source>move every key to another vault</source>
        <translation>把所有密钥移到另一个保险库</translation>
    </message>
    <message>
        <source>keychain or file</source>
        <translation>keychain 或 file</translation>
    </message>
    <message>
        <source>copy settings and rows to a new folder</source>
        <translation>把设置和记录复制到新文件夹</translation>
    </message>
    <message>
        <source>put a backup in place; what is here is kept beside it</source>
        <translation>恢复备份；现有内容保留在旁边</translation>
    </message>
    <message>
        <source>--vault was passed over: the running program has its vault already.</source>
        <translation>已忽略 --vault：正在运行的程序已有自己的保险库。</translation>
    </message>
    <message>
        <source>The vault stays locked: %1. Unlock it with: waystationctl vault unlock</source>
        <translation>保险库仍然锁定：%1。解锁命令：waystationctl vault unlock</translation>
    </message>
    <message>
        <source>Habits</source>
        <translation>习惯</translation>
    </message>
    <message>
        <source>WHAT IT MEANS</source>
        <translation>含义</translation>
    </message>
    <message>
        <source>switch a habit of the upstream on or off; &quot;channel quirks&quot; lists them</source>
        <translation>打开或关闭上游的某个习惯；“channel quirks”会列出全部</translation>
    </message>
    <message>
        <source>habits of upstreams that can be switched for a channel</source>
        <translation>可以为渠道开关的上游习惯</translation>
    </message>
    <message>
        <source>what to do when the upstream&apos;s protocol cannot say all of a call</source>
        <translation>上游协议无法表达完整调用时怎么办</translation>
    </message>
</context>
<context>
    <name>waystation::AliasDialog</name>
    <message>
        <source>Add alias</source>
        <translation>添加别名</translation>
    </message>
    <message>
        <source>Edit alias</source>
        <translation>编辑别名</translation>
    </message>
    <message>
        <source>&amp;Add alias</source>
        <translation>添加别名(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>保存(&amp;S)</translation>
    </message>
    <message>
        <source>Alias</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>A name that clients ask for; may hold one *</source>
        <translation>客户端请求的名称；可含一个 *</translation>
    </message>
    <message>
        <source>&amp;Alias</source>
        <translation>别名(&amp;A)</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Add &amp;target</source>
        <translation>添加目标(&amp;T)</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>顺序</translation>
    </message>
    <message>
        <source>order </source>
        <extracomment>order of a target: 1 is asked first</extracomment>
        <translation>顺序 </translation>
    </message>
    <message>
        <source>1 is asked first; targets of one order share by weight</source>
        <translation>1 最先尝试；同一顺序的目标按权重分配</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>weight </source>
        <translation>权重 </translation>
    </message>
    <message>
        <source>Remove this target</source>
        <translation>移除此目标</translation>
    </message>
    <message>
        <source>Clients that ask for the alias get the first target that can answer.</source>
        <translation>请求此别名的客户端会得到第一个能够回答的目标。</translation>
    </message>
    <message>
        <source>%1 goes to %2</source>
        <extracomment>an alias and its targets: what will happen</extracomment>
        <translation>%1 转到 %2</translation>
    </message>
    <message>
        <source>, then </source>
        <translation>，然后 </translation>
    </message>
    <message>
        <source>Give the alias a name.</source>
        <translation>请为别名命名。</translation>
    </message>
    <message>
        <source>Each target needs a channel and a model.</source>
        <translation>每个目标都需要渠道和模型。</translation>
    </message>
    <message>
        <source>Add at least one target.</source>
        <translation>请至少添加一个目标。</translation>
    </message>
    <message>
        <source>There is an alias of this name already.</source>
        <translation>已有同名的别名。</translation>
    </message>
    <message>
        <source>&amp;Refuse calls that would lose something in translation</source>
        <translation>转换会丢内容时拒绝调用(&amp;R)</translation>
    </message>
    <message>
        <source>Refuse calls that would lose something in translation</source>
        <translation>转换会丢内容时拒绝调用</translation>
    </message>
    <message>
        <source>When the upstream speaks another protocol that cannot say all of a call, the call fails and names the field; otherwise it goes on and the loss is noted</source>
        <translation>上游使用另一种协议且无法表达完整调用时，调用会失败并指出字段；否则照常进行，并记下丢失的内容</translation>
    </message>
</context>
<context>
    <name>waystation::Application</name>
    <message>
        <source>Waystation keeps serving</source>
        <translation>Waystation 仍在服务</translation>
    </message>
    <message>
        <source>It stays in the tray. Quit from its menu there.</source>
        <translation>它留在托盘中，可从托盘菜单退出。</translation>
    </message>
    <message>
        <source>There is no tray on this desktop. Should Waystation keep serving without its window?</source>
        <translation>此桌面没有托盘。关闭窗口后要让 Waystation 继续服务吗？</translation>
    </message>
    <message>
        <source>Start it again to bring the window back.</source>
        <translation>再次启动即可找回窗口。</translation>
    </message>
    <message>
        <source>&amp;Keep serving</source>
        <translation>继续服务(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Back to the window</source>
        <translation>返回窗口(&amp;B)</translation>
    </message>
    <message>
        <source>Quitting</source>
        <translation>正在退出</translation>
    </message>
    <message>
        <source>Running calls get a moment to finish.</source>
        <translation>稍等片刻，让进行中的调用完成。</translation>
    </message>
</context>
<context>
    <name>waystation::CallDetail</name>
    <message>
        <source>%1: %2</source>
        <extracomment>a name and its value</extracomment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>Call</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>Copy &amp;id</source>
        <translation>复制编号(&amp;I)</translation>
    </message>
    <message>
        <source>Copy e&amp;vidence</source>
        <translation>复制凭据(&amp;V)</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>Route</source>
        <translation>路由</translation>
    </message>
    <message>
        <source>Usage and cost</source>
        <translation>用量与费用</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>streamed</source>
        <translation>流式</translation>
    </message>
    <message>
        <source>whole</source>
        <translation>非流式</translation>
    </message>
    <message>
        <source>%1 in, %2 out</source>
        <extracomment>bytes of a request and of its answer</extracomment>
        <translation>请求 %1，回答 %2</translation>
    </message>
    <message>
        <source>The call ended before a route was chosen.</source>
        <translation>调用在选定路由之前就结束了。</translation>
    </message>
    <message>
        <source>The upstream called itself %1.</source>
        <extracomment>the upstream named another model than it was asked for</extracomment>
        <translation>上游自称 %1。</translation>
    </message>
    <message>
        <source>Nothing was counted for this call.</source>
        <translation>此调用没有计数。</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>of it read from cache</source>
        <translation>其中读自缓存</translation>
    </message>
    <message>
        <source>of it written to cache</source>
        <translation>其中写入缓存</translation>
    </message>
    <message>
        <source>of it audio</source>
        <translation>其中音频</translation>
    </message>
    <message>
        <source>of it images</source>
        <translation>其中图像</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>of it reasoning</source>
        <translation>其中推理</translation>
    </message>
    <message>
        <source>Web searches</source>
        <translation>网页搜索</translation>
    </message>
    <message>
        <source>Cost</source>
        <translation>费用</translation>
    </message>
    <message>
        <source>Formula</source>
        <translation>公式</translation>
    </message>
    <message>
        <source>Price from</source>
        <translation>价格来源</translation>
    </message>
    <message>
        <source>(upstream id %1)</source>
        <extracomment>the upstream&apos;s own id of a request</extracomment>
        <translation>（上游编号 %1）</translation>
    </message>
</context>
<context>
    <name>waystation::CallsModel</name>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>First token</source>
        <translation>首个 token</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>时长</translation>
    </message>
    <message>
        <source>Input</source>
        <extracomment>tokens of a call</extracomment>
        <translation>输入</translation>
    </message>
    <message>
        <source>Cached</source>
        <extracomment>tokens of a call</extracomment>
        <translation>缓存</translation>
    </message>
    <message>
        <source>Output</source>
        <extracomment>tokens of a call</extracomment>
        <translation>输出</translation>
    </message>
    <message>
        <source>Cost</source>
        <translation>费用</translation>
    </message>
</context>
<context>
    <name>waystation::CallsPageView</name>
    <message>
        <source>Calls</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>&amp;Newer calls</source>
        <translation>更新的调用(&amp;N)</translation>
    </message>
    <message>
        <source>No calls here</source>
        <translation>这里没有调用</translation>
    </message>
    <message>
        <source>Calls appear the moment they end. Point a client at this relay&apos;s address with a client key, or loosen the filter.</source>
        <translation>调用一结束就会出现在这里。请让客户端使用本中转的地址和一个客户端密钥，或放宽筛选条件。</translation>
    </message>
    <message>
        <source>Search calls</source>
        <translation>搜索调用</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>All clients</source>
        <translation>全部客户端</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>All channels</source>
        <translation>全部渠道</translation>
    </message>
    <message>
        <source>Period</source>
        <translation>时段</translation>
    </message>
    <message>
        <source>Any time</source>
        <translation>任意时间</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>最近 24 小时</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
    <message>
        <source>Failed &amp;only</source>
        <translation>仅失败(&amp;O)</translation>
    </message>
    <message>
        <source>Failed only</source>
        <translation>仅失败</translation>
    </message>
    <message>
        <source>C&amp;lear</source>
        <translation>清除(&amp;L)</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <extracomment>from a time until another</extracomment>
        <translation>%1 至 %2</translation>
    </message>
</context>
<context>
    <name>waystation::ChannelDialog</name>
    <message>
        <source> s</source>
        <extracomment>unit behind a number: seconds</extracomment>
        <translation> 秒</translation>
    </message>
    <message>
        <source>Edit channel</source>
        <translation>编辑渠道</translation>
    </message>
    <message>
        <source>Add channel</source>
        <translation>添加渠道</translation>
    </message>
    <message>
        <source>Duplicate channel</source>
        <translation>复制渠道</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>保存(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Add channel</source>
        <translation>添加渠道(&amp;A)</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <source>Search providers</source>
        <translation>搜索服务商</translation>
    </message>
    <message>
        <source>Providers</source>
        <translation>服务商</translation>
    </message>
    <message>
        <source>Provider</source>
        <translation>服务商</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>Base URL</source>
        <translation>基础地址</translation>
    </message>
    <message>
        <source>&amp;Base URL</source>
        <translation>基础地址(&amp;B)</translation>
    </message>
    <message>
        <source>Effective addresses</source>
        <translation>实际地址</translation>
    </message>
    <message>
        <source>Calls go to</source>
        <translation>调用发往</translation>
    </message>
    <message>
        <source>Protocols</source>
        <translation>协议</translation>
    </message>
    <message>
        <source>Upstream key</source>
        <translation>上游密钥</translation>
    </message>
    <message>
        <source>Upstream &amp;key</source>
        <translation>上游密钥(&amp;K)</translation>
    </message>
    <message>
        <source>One model name a line, as the upstream spells it. Leave this empty to pass any name on. Once the channel has its key, the list can be fetched on its page.</source>
        <translation>每行一个模型名称，写法与上游一致。留空则任何名称都会转发。渠道有了密钥之后，可在渠道页面获取列表。</translation>
    </message>
    <message>
        <source>Models, one a line</source>
        <translation>模型，每行一个</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>优先级</translation>
    </message>
    <message>
        <source>last</source>
        <extracomment>priority 0</extracomment>
        <translation>最后</translation>
    </message>
    <message>
        <source>Lower is asked first</source>
        <translation>数值小的先尝试</translation>
    </message>
    <message>
        <source>&amp;Priority</source>
        <translation>优先级(&amp;P)</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Share among channels of the same priority; 0 rests it</source>
        <translation>同一优先级渠道之间的份额；0 表示不用</translation>
    </message>
    <message>
        <source>&amp;Weight</source>
        <translation>权重(&amp;W)</translation>
    </message>
    <message>
        <source>Price factor</source>
        <translation>价格系数</translation>
    </message>
    <message>
        <source>Price &amp;factor</source>
        <translation>价格系数(&amp;F)</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>As in the settings</source>
        <translation>与设置相同</translation>
    </message>
    <message>
        <source>None</source>
        <translation>不使用</translation>
    </message>
    <message>
        <source>The system&apos;s</source>
        <translation>系统代理</translation>
    </message>
    <message>
        <source>This one:</source>
        <translation>使用此代理:</translation>
    </message>
    <message>
        <source>P&amp;roxy</source>
        <translation>代理(&amp;R)</translation>
    </message>
    <message>
        <source>Proxy address</source>
        <translation>代理地址</translation>
    </message>
    <message>
        <source>Connect limit</source>
        <translation>连接时限</translation>
    </message>
    <message>
        <source>First byte limit</source>
        <translation>首字节时限</translation>
    </message>
    <message>
        <source>Silence limit</source>
        <translation>静默时限</translation>
    </message>
    <message>
        <source>Connect within</source>
        <translation>连接时限</translation>
    </message>
    <message>
        <source>First byte within</source>
        <translation>首字节时限</translation>
    </message>
    <message>
        <source>Silent at most</source>
        <translation>静默时限</translation>
    </message>
    <message>
        <source>Extra headers</source>
        <translation>附加请求头</translation>
    </message>
    <message>
        <source>Extra &amp;headers</source>
        <translation>附加请求头(&amp;H)</translation>
    </message>
    <message>
        <source>One a line, &quot;name: value&quot;. They are kept in the settings file, so put no secret here.</source>
        <translation>每行一个，写作“name: value”。它们保存在设置文件中，请勿填写机密。</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>separated by commas</source>
        <translation>用逗号分隔</translation>
    </message>
    <message>
        <source>&amp;Tags</source>
        <translation>标签(&amp;T)</translation>
    </message>
    <message>
        <source>Certificate file</source>
        <translation>证书文件</translation>
    </message>
    <message>
        <source>PEM file to trust for this channel as well</source>
        <translation>此渠道额外信任的 PEM 文件</translation>
    </message>
    <message>
        <source>&amp;Certificates</source>
        <translation>证书(&amp;C)</translation>
    </message>
    <message>
        <source>Enter the address of your server.</source>
        <translation>请输入服务器地址。</translation>
    </message>
    <message>
        <source>This looks like a key of %1.</source>
        <extracomment>a provider&apos;s name</extracomment>
        <translation>这看起来是 %1 的密钥。</translation>
    </message>
    <message>
        <source>Keys are made at %1</source>
        <extracomment>a web address</extracomment>
        <translation>可在 %1 创建密钥</translation>
    </message>
    <message>
        <source>It is stored in: %1</source>
        <extracomment>where secrets are kept: &quot;System keychain&quot;</extracomment>
        <translation>将保存在：%1</translation>
    </message>
    <message>
        <source>Choose a provider.</source>
        <translation>请选择服务商。</translation>
    </message>
    <message>
        <source>Give the channel a name.</source>
        <translation>请为渠道命名。</translation>
    </message>
    <message>
        <source>This provider needs a base URL.</source>
        <translation>此服务商需要填写基础地址。</translation>
    </message>
    <message>
        <source>Choose at least one protocol.</source>
        <translation>请至少选择一种协议。</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is no header; write &quot;name: value&quot;.</source>
        <extracomment>a line of the extra headers</extracomment>
        <translation>“%1”不是请求头；请写作“name: value”。</translation>
    </message>
    <message>
        <source>key 1</source>
        <extracomment>label of a channel&apos;s first key</extracomment>
        <translation>密钥 1</translation>
    </message>
    <message>
        <source>The channel was added, but its key could not be stored. Enter the key again, or cancel and add it later.</source>
        <translation>渠道已添加，但密钥未能保存。请重新输入密钥，或取消并稍后添加。</translation>
    </message>
    <message>
        <source>Habits of the upstream</source>
        <translation>上游的习惯</translation>
    </message>
    <message>
        <source>What the address is known for is on by itself; +name switches a habit on, -name off. &quot;waystationctl channel quirks&quot; lists them.</source>
        <translation>已知地址的习惯会自动启用；+名称 打开某个习惯，-名称 关闭。“waystationctl channel quirks”会列出全部。</translation>
    </message>
    <message>
        <source>Ha&amp;bits</source>
        <translation>习惯(&amp;B)</translation>
    </message>
</context>
<context>
    <name>waystation::ChannelsPage</name>
    <message>
        <source>priority %1</source>
        <extracomment>order among channels</extracomment>
        <translation>优先级 %1</translation>
    </message>
    <message>
        <source>weight %1</source>
        <translation>权重 %1</translation>
    </message>
    <message>
        <source>price × %1</source>
        <extracomment>factor on prices</extracomment>
        <translation>价格 × %1</translation>
    </message>
    <message>
        <source>no proxy</source>
        <translation>不用代理</translation>
    </message>
    <message>
        <source>own proxy</source>
        <translation>单独的代理</translation>
    </message>
    <message numerus="yes">
        <source>%n extra header(s)</source>
        <translation>
            <numerusform>%n 个附加请求头</numerusform>
        </translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>&amp;Add channel</source>
        <translation>添加渠道(&amp;A)</translation>
    </message>
    <message>
        <source>No channel chosen</source>
        <translation>未选择渠道</translation>
    </message>
    <message>
        <source>A channel is one upstream: an address, its keys and its models. Choose one on the left, or add one.</source>
        <translation>渠道就是一个上游：它的地址、密钥和模型。请在左侧选择一个，或添加一个。</translation>
    </message>
    <message>
        <source>Filter channels</source>
        <translation>筛选渠道</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>顺序</translation>
    </message>
    <message>
        <source>Ask this channel earlier</source>
        <translation>提前尝试此渠道</translation>
    </message>
    <message>
        <source>Ask this channel later</source>
        <translation>推后尝试此渠道</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Duplicate</source>
        <translation>复制(&amp;D)</translation>
    </message>
    <message>
        <source>D&amp;isable</source>
        <translation>停用(&amp;I)</translation>
    </message>
    <message>
        <source>De&amp;lete</source>
        <translation>删除(&amp;L)</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Effective addresses</source>
        <translation>实际地址</translation>
    </message>
    <message>
        <source>Upstream keys</source>
        <translation>上游密钥</translation>
    </message>
    <message>
        <source>Add &amp;key</source>
        <translation>添加密钥(&amp;K)</translation>
    </message>
    <message>
        <source>No key yet. Without one, calls are not sent to this channel.</source>
        <translation>还没有密钥。没有密钥就不会向此渠道发送调用。</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>&amp;Fetch from upstream</source>
        <translation>从上游获取(&amp;F)</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Model to test with</source>
        <translation>用于测试的模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Send a &amp;test call</source>
        <translation>发送测试调用(&amp;T)</translation>
    </message>
    <message>
        <source>Result of the test</source>
        <translation>测试结果</translation>
    </message>
    <message>
        <source>Answer or error of the test</source>
        <translation>测试的回答或错误</translation>
    </message>
    <message>
        <source>&amp;Enable</source>
        <translation>启用(&amp;E)</translation>
    </message>
    <message>
        <source>Disable</source>
        <translation>停用</translation>
    </message>
    <message>
        <source>Enable</source>
        <translation>启用</translation>
    </message>
    <message>
        <source>Answers inside Waystation, without network and without money.</source>
        <translation>由 Waystation 自己回答，不联网，也不花钱。</translation>
    </message>
    <message numerus="yes">
        <source> and %n more</source>
        <extracomment>how many more models there are</extracomment>
        <translation>
            <numerusform> 等，另有 %n 个</numerusform>
        </translation>
    </message>
    <message>
        <source>Any model name is passed on. Fetch the list to choose which ones this channel serves.</source>
        <translation>任何模型名称都会转发。可获取列表，选择此渠道提供哪些模型。</translation>
    </message>
    <message>
        <source>Calling...</source>
        <translation>正在调用……</translation>
    </message>
    <message>
        <source>Not tested yet</source>
        <translation>尚未测试</translation>
    </message>
    <message>
        <source>Sends one short streamed call through the relay on this channel alone.</source>
        <translation>通过中转只向此渠道发送一次简短的流式调用。</translation>
    </message>
    <message>
        <source>The channel could not be changed.</source>
        <translation>无法更改渠道。</translation>
    </message>
    <message>
        <source>%1 is enabled</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>已启用 %1</translation>
    </message>
    <message>
        <source>%1 is disabled</source>
        <translation>已停用 %1</translation>
    </message>
    <message>
        <source>The channel could not be deleted.</source>
        <translation>无法删除渠道。</translation>
    </message>
    <message>
        <source>%1 is deleted</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>已删除 %1</translation>
    </message>
    <message>
        <source>The key could not be removed.</source>
        <translation>无法移除密钥。</translation>
    </message>
    <message>
        <source>The key %1 is removed</source>
        <extracomment>an upstream key&apos;s label</extracomment>
        <translation>已移除密钥 %1</translation>
    </message>
    <message>
        <source>The list of models could not be fetched.</source>
        <translation>无法获取模型列表。</translation>
    </message>
    <message>
        <source>%1 answered: first byte after %2, done after %3</source>
        <extracomment>a model, time to the first byte, whole time</extracomment>
        <translation>%1 已回答：首字节 %2，全部 %3</translation>
    </message>
    <message>
        <source>The answer held no text.</source>
        <translation>回答中没有文本。</translation>
    </message>
    <message>
        <source>Failed with status %1</source>
        <extracomment>an HTTP status</extracomment>
        <translation>失败，状态码 %1</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>The order could not be changed.</source>
        <translation>无法更改顺序。</translation>
    </message>
    <message>
        <source>Replace this key</source>
        <translation>替换此密钥</translation>
    </message>
    <message>
        <source>Remove this key</source>
        <translation>移除此密钥</translation>
    </message>
</context>
<context>
    <name>waystation::ClientKeyDialog</name>
    <message>
        <source>Create client key</source>
        <translation>创建客户端密钥</translation>
    </message>
    <message>
        <source>Rotate client key</source>
        <translation>轮换客户端密钥</translation>
    </message>
    <message>
        <source>%1 gets a new key. The old one stops working at once, so have the client&apos;s settings at hand.</source>
        <extracomment>a client key&apos;s name</extracomment>
        <translation>%1 将得到新的密钥。旧密钥立即失效，请准备好修改客户端的设置。</translation>
    </message>
    <message>
        <source>&amp;Rotate</source>
        <translation>轮换(&amp;R)</translation>
    </message>
    <message>
        <source>terminal</source>
        <extracomment>name of a client key made for trying in a terminal</extracomment>
        <translation>终端</translation>
    </message>
    <message>
        <source>&amp;Create key</source>
        <translation>创建密钥(&amp;C)</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Which program will use it</source>
        <translation>由哪个程序使用</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>Allowed models</source>
        <translation>允许的模型</translation>
    </message>
    <message>
        <source>All; or names with *, separated by commas</source>
        <translation>全部；或含 * 的名称，用逗号分隔</translation>
    </message>
    <message>
        <source>Allowed &amp;models</source>
        <translation>允许的模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Expires on</source>
        <translation>到期日(&amp;E)</translation>
    </message>
    <message>
        <source>Expires</source>
        <translation>有效期至</translation>
    </message>
    <message>
        <source>Expiry date</source>
        <translation>到期日</translation>
    </message>
    <message>
        <source>Give the key a name.</source>
        <translation>请为密钥命名。</translation>
    </message>
    <message>
        <source>Your new client key</source>
        <translation>新的客户端密钥</translation>
    </message>
    <message>
        <source>This key is shown only now; Waystation keeps nothing but its fingerprint. Copy it to the client that will use it.</source>
        <translation>密钥只在此时显示；Waystation 只保存它的指纹。请把它复制到要使用它的客户端。</translation>
    </message>
    <message>
        <source>Client key</source>
        <translation>客户端密钥</translation>
    </message>
    <message>
        <source>C&amp;opy key</source>
        <translation>复制密钥(&amp;O)</translation>
    </message>
    <message>
        <source>Try it in a terminal:</source>
        <translation>在终端中试一试:</translation>
    </message>
    <message>
        <source>Copy the co&amp;mmand with the key</source>
        <translation>复制带密钥的命令(&amp;M)</translation>
    </message>
    <message>
        <source>What is copied is taken back from the clipboard after a minute.</source>
        <translation>复制的内容会在一分钟后从剪贴板清除。</translation>
    </message>
    <message>
        <source>&amp;Done</source>
        <translation>完成(&amp;D)</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
</context>
<context>
    <name>waystation::CopyLabel</name>
    <message>
        <source>Click to copy</source>
        <translation>点击复制</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
</context>
<context>
    <name>waystation::FormDialog</name>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
</context>
<context>
    <name>waystation::KeyDialog</name>
    <message>
        <source>Add upstream key</source>
        <translation>添加上游密钥</translation>
    </message>
    <message>
        <source>Replace upstream key</source>
        <translation>替换上游密钥</translation>
    </message>
    <message>
        <source>&amp;Add key</source>
        <translation>添加密钥(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Replace</source>
        <translation>替换(&amp;R)</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>key %1</source>
        <extracomment>label of the nth key</extracomment>
        <translation>密钥 %1</translation>
    </message>
    <message>
        <source>&amp;Label</source>
        <translation>标签(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Key</source>
        <translation>密钥(&amp;K)</translation>
    </message>
    <message>
        <source>Keys are made at %1</source>
        <extracomment>a web address</extracomment>
        <translation>可在 %1 创建密钥</translation>
    </message>
    <message>
        <source>It is stored in: %1. It never appears in settings, logs or exports.</source>
        <extracomment>where secrets are kept: &quot;System keychain&quot;</extracomment>
        <translation>将保存在：%1。它不会出现在设置、日志或导出文件中。</translation>
    </message>
</context>
<context>
    <name>waystation::KeysPage</name>
    <message>
        <source>Keys</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>&amp;Rotate</source>
        <translation>轮换(&amp;R)</translation>
    </message>
    <message>
        <source>Re&amp;voke</source>
        <translation>吊销(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Create key</source>
        <translation>创建密钥(&amp;C)</translation>
    </message>
    <message>
        <source>A client key lets a program use Waystation. Each program gets its own, so that its calls and its spending can be told apart.</source>
        <translation>程序凭客户端密钥使用 Waystation。每个程序各用一个，调用和花费就能分得清楚。</translation>
    </message>
    <message>
        <source>No client key yet</source>
        <translation>还没有客户端密钥</translation>
    </message>
    <message>
        <source>Create one, give it to a program together with this relay&apos;s address, and its calls appear under Calls.</source>
        <translation>创建一个，连同本中转的地址交给程序使用，它的调用就会出现在“调用”中。</translation>
    </message>
    <message>
        <source>Create &amp;key</source>
        <translation>创建密钥(&amp;K)</translation>
    </message>
    <message>
        <source>Client keys</source>
        <translation>客户端密钥</translation>
    </message>
    <message>
        <source>The key could not be revoked.</source>
        <translation>无法吊销密钥。</translation>
    </message>
    <message>
        <source>%1 is revoked</source>
        <extracomment>a client key&apos;s name</extracomment>
        <translation>已吊销 %1</translation>
    </message>
</context>
<context>
    <name>waystation::MainWindow</name>
    <message>
        <source>Narrow side bar</source>
        <translation>收起侧栏</translation>
    </message>
    <message>
        <source>%1 (Ctrl+%2)</source>
        <extracomment>a page and its key</extracomment>
        <translation>%1（Ctrl+%2）</translation>
    </message>
    <message>
        <source>State of the relay</source>
        <translation>中转状态</translation>
    </message>
    <message>
        <source>Copy the relay&apos;s address</source>
        <translation>复制中转地址</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Widen side bar</source>
        <translation>展开侧栏</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Serve calls again</source>
        <translation>重新开始服务</translation>
    </message>
    <message>
        <source>Refuse new calls until resumed</source>
        <translation>在继续之前拒绝新的调用</translation>
    </message>
</context>
<context>
    <name>waystation::ModelsDialog</name>
    <message>
        <source>Models of this channel</source>
        <translation>此渠道的模型</translation>
    </message>
    <message>
        <source>&amp;Use these</source>
        <translation>使用这些(&amp;U)</translation>
    </message>
    <message>
        <source>Filter models</source>
        <translation>筛选模型</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Choose &amp;all shown</source>
        <translation>全选所列(&amp;A)</translation>
    </message>
    <message>
        <source>Choose &amp;none</source>
        <translation>全不选(&amp;N)</translation>
    </message>
    <message>
        <source>None chosen: any model name is passed on</source>
        <extracomment>how many of how many models are chosen</extracomment>
        <translation>未选择：任何模型名称都会转发</translation>
    </message>
    <message>
        <source>%1 of %2 chosen</source>
        <translation>已选 %1 个，共 %2 个</translation>
    </message>
</context>
<context>
    <name>waystation::ModelsPage</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>&amp;Add alias</source>
        <translation>添加别名(&amp;A)</translation>
    </message>
    <message>
        <source>Aliases</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>移除(&amp;M)</translation>
    </message>
    <message>
        <source>Models of your channels</source>
        <translation>各渠道的模型</translation>
    </message>
    <message>
        <source>prices per million tokens</source>
        <translation>每百万 token 的价格</translation>
    </message>
    <message>
        <source>Filter models</source>
        <translation>筛选模型</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>The alias could not be removed.</source>
        <translation>无法移除别名。</translation>
    </message>
    <message>
        <source>%1 is removed</source>
        <extracomment>an alias</extracomment>
        <translation>已移除 %1</translation>
    </message>
    <message>
        <source>No alias yet. An alias lets a client ask for one name and get any model of any channel, with others to fall back on.</source>
        <translation>还没有别名。有了别名，客户端请求一个名称，就能得到任一渠道的任一模型，并有备选。</translation>
    </message>
</context>
<context>
    <name>waystation::OverviewPage</name>
    <message>
        <source>%1 has no upstream key</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>%1 没有上游密钥</translation>
    </message>
    <message>
        <source>%1: key %2</source>
        <extracomment>a channel&apos;s name, the state of its key</extracomment>
        <translation>%1：密钥%2</translation>
    </message>
    <message>
        <source>The vault is locked, so upstream keys cannot be read</source>
        <translation>保险库已锁定，无法读取上游密钥</translation>
    </message>
    <message>
        <source>Calls are not being recorded: %1</source>
        <extracomment>why calls are not being recorded</extracomment>
        <translation>调用未能记录：%1</translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) could not be recorded</source>
        <translation>
            <numerusform>有 %n 次调用未能记录</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) of this period have no known price</source>
        <translation>
            <numerusform>此时段有 %n 次调用价格未知</numerusform>
        </translation>
    </message>
    <message>
        <source>MMM d</source>
        <extracomment>a day on a chart&apos;s axis, a QDate format</extracomment>
        <translation>M月d日</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Spend</source>
        <translation>花费</translation>
    </message>
    <message>
        <source>Calls</source>
        <translation>调用</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>First token</source>
        <extracomment>how fast answers begin</extracomment>
        <translation>首个 token</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>随时间变化</translation>
    </message>
    <message>
        <source>What the chart shows</source>
        <translation>图表内容</translation>
    </message>
    <message>
        <source>How the chart is split</source>
        <translation>图表拆分方式</translation>
    </message>
    <message>
        <source>by model</source>
        <translation>按模型</translation>
    </message>
    <message>
        <source>by channel</source>
        <translation>按渠道</translation>
    </message>
    <message>
        <source>by client</source>
        <translation>按客户端</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>渠道</translation>
    </message>
    <message>
        <source>No channel yet. Add one under Channels.</source>
        <translation>还没有渠道。请在“渠道”中添加。</translation>
    </message>
    <message>
        <source>Now</source>
        <extracomment>calls in flight</extracomment>
        <translation>此刻</translation>
    </message>
    <message>
        <source>No call in flight.</source>
        <translation>没有进行中的调用。</translation>
    </message>
    <message>
        <source>Make your first call</source>
        <translation>发出第一次调用</translation>
    </message>
    <message>
        <source>The practice channel answers without network and without money. Create a client key, paste the command into a terminal, and watch the call arrive here.</source>
        <translation>演练渠道不联网、不花钱就能回答。创建一个客户端密钥，把命令粘贴到终端，就能看到调用出现在这里。</translation>
    </message>
    <message>
        <source>Command for the first call</source>
        <translation>第一次调用的命令</translation>
    </message>
    <message>
        <source>Create a &amp;key and copy the command</source>
        <translation>创建密钥并复制命令(&amp;K)</translation>
    </message>
    <message>
        <source>No calls in this period</source>
        <translation>此时段没有调用</translation>
    </message>
    <message>
        <source>%1 vs before</source>
        <extracomment>against the equal time before this period</extracomment>
        <translation>较上期 %1</translation>
    </message>
    <message>
        <source>Nothing spent before</source>
        <translation>上期没有花费</translation>
    </message>
    <message numerus="yes">
        <source>+ %n call(s) of unknown price</source>
        <translation>
            <numerusform>另有 %n 次调用价格未知</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 failed</source>
        <extracomment>share of failed calls</extracomment>
        <translation>失败 %1</translation>
    </message>
    <message>
        <source>Probe now: end the rest</source>
        <translation>立即探测：结束休息</translation>
    </message>
    <message>
        <source>Share of calls that succeeded in the last hour</source>
        <translation>最近一小时调用的成功率</translation>
    </message>
    <message>
        <source>Median time to the first token in this period</source>
        <translation>此时段首个 token 的中位时间</translation>
    </message>
    <message>
        <source>Cancel this call</source>
        <translation>取消此调用</translation>
    </message>
    <message>
        <source>choosing a channel</source>
        <translation>正在选择渠道</translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) in flight</source>
        <translation>
            <numerusform>%n 次调用进行中</numerusform>
        </translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>解锁</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>p95 %1</source>
        <extracomment>95 of 100 calls are faster than this</extracomment>
        <translation>p95 %1</translation>
    </message>
    <message>
        <source>%1 in, %2 out</source>
        <extracomment>tokens in, tokens out</extracomment>
        <translation>入 %1，出 %2</translation>
    </message>
    <message>
        <source>%1 cached</source>
        <extracomment>share of the input that was cached</extracomment>
        <translation>缓存 %1</translation>
    </message>
</context>
<context>
    <name>waystation::PeriodChooser</name>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>24 h</source>
        <extracomment>the last 24 hours, short</extracomment>
        <translation>24 小时</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>最近 24 小时</translation>
    </message>
    <message>
        <source>7 d</source>
        <extracomment>the last 7 days, short</extracomment>
        <translation>7 天</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>30 d</source>
        <extracomment>the last 30 days, short</extracomment>
        <translation>30 天</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
</context>
<context>
    <name>waystation::SecretField</name>
    <message>
        <source>Hold to show</source>
        <translation>按住显示</translation>
    </message>
</context>
<context>
    <name>waystation::SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>Start &amp;hidden in the tray</source>
        <translation>启动时隐藏到托盘(&amp;H)</translation>
    </message>
    <message>
        <source>Start hidden in the tray</source>
        <translation>启动时隐藏到托盘</translation>
    </message>
    <message>
        <source>Relay</source>
        <translation>中转</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Address, copies when pressed</source>
        <translation>地址，按下即复制</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>&amp;Apply</source>
        <translation>应用(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Port</source>
        <translation>端口(&amp;P)</translation>
    </message>
    <message>
        <source>Only programs on this computer can reach it. Running calls are finished before a new port is used.</source>
        <translation>只有本机上的程序可以访问。进行中的调用完成后才会改用新端口。</translation>
    </message>
    <message>
        <source>Secrets</source>
        <translation>机密</translation>
    </message>
    <message>
        <source>Vault</source>
        <translation>保险库</translation>
    </message>
    <message>
        <source>&amp;Unlock</source>
        <translation>解锁(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Move secrets elsewhere</source>
        <translation>把机密移到别处(&amp;M)</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>The system&apos;s</source>
        <translation>系统代理</translation>
    </message>
    <message>
        <source>None</source>
        <translation>不使用</translation>
    </message>
    <message>
        <source>This one:</source>
        <translation>使用此代理:</translation>
    </message>
    <message>
        <source>P&amp;roxy</source>
        <translation>代理(&amp;R)</translation>
    </message>
    <message>
        <source>Proxy address</source>
        <translation>代理地址</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>存储</translation>
    </message>
    <message>
        <source>Keep calls for</source>
        <translation>调用保留</translation>
    </message>
    <message>
        <source> days</source>
        <extracomment>unit behind a number</extracomment>
        <translation> 天</translation>
    </message>
    <message>
        <source>&amp;Keep calls for</source>
        <translation>调用保留(&amp;K)</translation>
    </message>
    <message>
        <source>At most</source>
        <translation>最多占用</translation>
    </message>
    <message>
        <source>At &amp;most</source>
        <translation>最多占用(&amp;M)</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>隐私</translation>
    </message>
    <message>
        <source>Of each call Waystation keeps the time, the client&apos;s name, the models, counts, cost and what went wrong. Prompts, answers and keys are not kept.</source>
        <translation>对每次调用，Waystation 只保存时间、客户端名称、模型、计数、费用和出错情况。不保存提示词、回答和密钥。</translation>
    </message>
    <message>
        <source>&amp;Erase all calls</source>
        <translation>清除全部调用(&amp;E)</translation>
    </message>
    <message>
        <source>About</source>
        <translation>关于</translation>
    </message>
    <message>
        <source>Waystation %1</source>
        <extracomment>the program&apos;s version</extracomment>
        <translation>Waystation %1</translation>
    </message>
    <message>
        <source>Price list of %1 with %2 models</source>
        <extracomment>a date, how many models are in the list</extracomment>
        <translation>%1 的价目表，含 %2 个模型</translation>
    </message>
    <message>
        <source>Data folder: %1</source>
        <translation>数据文件夹：%1</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Enter the proxy&apos;s address.</source>
        <translation>请输入代理地址。</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <extracomment>where secrets are kept, and its state</extracomment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>%1 calls, %2</source>
        <extracomment>how many calls are kept, and how much room they take</extracomment>
        <translation>%1 次调用，%2</translation>
    </message>
    <message>
        <source>, the oldest from %1</source>
        <translation>，最早的在 %1</translation>
    </message>
    <message>
        <source>Erase all calls and their sums? This cannot be undone.</source>
        <translation>清除全部调用及其汇总？此操作无法撤销。</translation>
    </message>
    <message>
        <source>&amp;Erase</source>
        <translation>清除(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
    <message>
        <source>The calls could not be erased.</source>
        <translation>无法清除调用。</translation>
    </message>
</context>
<context>
    <name>waystation::StackedBars</name>
    <message>
        <source>others</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>Nothing in this period</source>
        <translation>此时段没有数据</translation>
    </message>
</context>
<context>
    <name>waystation::StatusStrip</name>
    <message>
        <source>Last hour</source>
        <translation>最近一小时</translation>
    </message>
    <message>
        <source>Last hour: %1 done, %2 failed</source>
        <extracomment>calls of a channel in the last hour</extracomment>
        <translation>最近一小时：完成 %1 次，失败 %2 次</translation>
    </message>
</context>
<context>
    <name>waystation::Timeline</name>
    <message>
        <source>Queue</source>
        <translation>排队</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Streaming</source>
        <translation>流式输出</translation>
    </message>
    <message>
        <source>In Waystation</source>
        <translation>Waystation 内部</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>No attempt was made.</source>
        <translation>没有进行任何尝试。</translation>
    </message>
</context>
<context>
    <name>waystation::Tray</name>
    <message>
        <source>%1 has no key</source>
        <extracomment>a channel&apos;s name</extracomment>
        <translation>%1 没有密钥</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <extracomment>a channel&apos;s name, the state of its key</extracomment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>&amp;Open window</source>
        <translation>打开窗口(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Calls</source>
        <translation>调用(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>%1 at %2</source>
        <extracomment>the relay&apos;s state and address</extracomment>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>继续(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) in flight</source>
        <translation>
            <numerusform>%n 次调用进行中</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Today: %1, %n call(s)</source>
        <extracomment>money spent and calls made today</extracomment>
        <translation>
            <numerusform>今天：%1，%n 次调用</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>waystation::UndoBar</name>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
</context>
<context>
    <name>waystation::VaultDialog</name>
    <message>
        <source>Unlock the vault</source>
        <translation>解锁保险库</translation>
    </message>
    <message>
        <source>Where secrets are kept</source>
        <translation>机密的存放位置</translation>
    </message>
    <message>
        <source>&amp;Unlock</source>
        <translation>解锁(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Move secrets</source>
        <translation>移动机密(&amp;M)</translation>
    </message>
    <message>
        <source>Passphrase</source>
        <translation>口令</translation>
    </message>
    <message>
        <source>Passphrase again</source>
        <translation>再次输入口令</translation>
    </message>
    <message>
        <source>&amp;Passphrase</source>
        <translation>口令(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Again</source>
        <translation>再次输入(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Keep them in</source>
        <translation>存放到(&amp;K)</translation>
    </message>
    <message>
        <source>Upstream keys are in an encrypted file. Its passphrase opens them until Waystation quits.</source>
        <translation>上游密钥存放在加密文件中。输入口令后，在 Waystation 退出之前一直可用。</translation>
    </message>
    <message>
        <source>The system&apos;s keychain is locked. Your desktop will ask for its password.</source>
        <translation>系统钥匙串已锁定。桌面环境会询问它的密码。</translation>
    </message>
    <message>
        <source>Secrets are copied into an encrypted file in the data folder, checked, and only then removed from where they are now. The passphrase cannot be recovered; it is asked for at each start.</source>
        <translation>机密会先复制到数据文件夹中的加密文件并核对，然后才从现在的位置移除。口令无法找回；每次启动都会询问。</translation>
    </message>
    <message>
        <source>Secrets are copied into the system&apos;s keychain, checked, and only then removed from where they are now.</source>
        <translation>机密会先复制到系统钥匙串并核对，然后才从现在的位置移除。</translation>
    </message>
    <message>
        <source>Enter the passphrase.</source>
        <translation>请输入口令。</translation>
    </message>
    <message>
        <source>The two passphrases differ. Enter both again.</source>
        <translation>两次输入的口令不同，请重新输入。</translation>
    </message>
</context>
</TS>
